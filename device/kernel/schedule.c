#include "device/kernel/schedule.h"

#include "device/kernel/secure_stack.h"

#include <string.h>

struct thread threads[THREAD_COUNT];
/* Read by armv8m/switch.c: where the context of the current thread goes. */
struct thread *schedule_thread;
static struct thread nobody;
static uint32_t current;
static uint32_t turn_last;

void schedule_init(void)
{
    secure_stack_init();
    current = THREAD_NONE;
    schedule_thread = &nobody;
}

uint32_t schedule_current(void)
{
    return current;
}

void schedule_set_ready(uint32_t thread, bool ready)
{
    threads[thread].ready = ready;
    schedule_request();
}

void schedule_rotate(void)
{
    if (current != THREAD_NONE) {
        threads[current].turn = ++turn_last;
    }
    schedule_request();
}

void schedule_forget(void)
{
    if (current != THREAD_NONE) {
        secure_stack_note(current, false); /* it faulted or called outside */
    }
    current = THREAD_NONE;
    schedule_thread = &nobody;
    schedule_request();
}

static bool eligible(uint32_t thread, uint32_t top)
{
    return threads[thread].ready && !threads[thread].held &&
           (top == THREAD_NONE || top == thread || !secure_stack_holds(thread));
}

/* Turns are compared by their difference, so that the counter may wrap. */
static bool goes_before(const struct thread *a, const struct thread *b)
{
    return a->priority > b->priority || (a->priority == b->priority && (int32_t)(a->turn - b->turn) < 0);
}

static uint32_t pick(void)
{
    /* A thread that must leave the monitor goes first: nobody below it can be resumed before it has left. */
    uint32_t top = secure_stack_top();
    if (top != THREAD_NONE && threads[top].evicted) {
        return top;
    }
    uint32_t best = THREAD_IDLE;
    for (uint32_t thread = 0; thread < THREAD_IDLE; thread++) {
        if (eligible(thread, top) && (best == THREAD_IDLE || goes_before(&threads[thread], &threads[best]))) {
            best = thread;
        }
    }
    return best;
}

struct thread *schedule_next(bool inside)
{
    if (current != THREAD_NONE) {
        secure_stack_note(current, inside);
        if (inside && threads[current].unprivileged && !threads[current].evicted) {
            /* Its regions go, so that it faults on its first fetch outside (threat T-10). */
            threads[current].evicted = true;
            memset(threads[current].regions, 0, sizeof threads[current].regions);
        }
    }
    current = pick();
    schedule_thread = &threads[current];
    return schedule_thread;
}
