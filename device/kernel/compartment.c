#include "device/kernel/compartment.h"

#include "device/kernel/budget.h"
#include "device/kernel/compartment_watch.h"
#include "device/kernel/ipc.h"
#include "device/kernel/monitor_queue.h"
#include "device/kernel/processor.h"
#include "device/kernel/schedule.h"
#include "device/kernel/time.h"

#include <string.h>

struct compartment compartments[SYSTEM_COMPARTMENT_COUNT_MAX];

void compartment_open(uint32_t number, const struct system_compartment *entry)
{
    compartments[number].entry = *entry;
    budget_open(number, entry, time_now_ms());
    compartment_start(number);
}

void compartment_start(uint32_t number)
{
    struct compartment *compartment = &compartments[number];
    size_t kept = offsetof(struct compartment, state);
    memset((uint8_t *)compartment + kept, 0, sizeof *compartment - kept);
    compartment->state = COMPARTMENT_RUNNING;
    compartment->started_ms = time_now_ms();
    compartment->activation_ms = compartment->started_ms;
    processor_thread_init(&threads[number], &compartment->entry);
    compartment_prioritise(number);
    schedule_set_ready(number, true);
}

void compartment_resume(uint32_t number, uint32_t code)
{
    struct compartment *compartment = &compartments[number];
    if (compartment->state == COMPARTMENT_SLEEPING || compartment->state == COMPARTMENT_RECEIVING) {
        compartment->activation_ms = time_now_ms();
    }
    compartment->state = COMPARTMENT_RUNNING;
    compartment->deadline_set = false;
    compartment->frame[0] = code;
    schedule_set_ready(number, true);
}

void compartment_block(uint32_t number, enum compartment_state state, uint32_t timeout_ms)
{
    struct compartment *compartment = &compartments[number];
    compartment->state = state;
    compartment->deadline_set = timeout_ms != 0;
    compartment->deadline_ms = time_now_ms() + timeout_ms;
    schedule_set_ready(number, false);
}

/* Doubles with every fault up to the declared maximum; running for that long without one starts anew. */
static uint32_t restart_delay_ms(struct compartment *compartment)
{
    uint32_t longest_ms = compartment->entry.restart_delay_max_ms;
    if (time_now_ms() - compartment->started_ms > longest_ms) {
        compartment->history.recent_count = 0;
    }
    uint32_t delay_ms = compartment->entry.restart_delay_ms;
    for (uint32_t count = 0; count < compartment->history.recent_count && delay_ms < longest_ms; count++) {
        delay_ms *= 2;
    }
    compartment->history.recent_count++;
    return delay_ms < longest_ms ? delay_ms : longest_ms;
}

static bool limit_reached(struct compartment *compartment)
{
    struct compartment_history *history = &compartment->history;
    if (history->window_count == 0 || time_now_ms() - history->window_start_ms > compartment->entry.restart_window_ms) {
        history->window_start_ms = time_now_ms();
        history->window_count = 0;
    }
    history->window_count++;
    return compartment->entry.restart_limit != 0 && history->window_count > compartment->entry.restart_limit;
}

void compartment_stop(uint32_t number, const struct compartment_fault *fault)
{
    struct compartment *compartment = &compartments[number];
    compartment->history.last = *fault;
    compartment->history.fault_count++;
    monitor_queue_fault(number, FAULT_RECORD_STOPPED, fault);
    bool stays_down = limit_reached(compartment);
    if (stays_down) {
        struct compartment_fault down = {.cause = FAULT_CAUSE_DOWN, .address = compartment->history.fault_count};
        monitor_queue_fault(number, FAULT_RECORD_STOPPED, &down);
    }
    compartment_block(number, COMPARTMENT_DOWN, stays_down ? 0 : restart_delay_ms(compartment));
    monitor_queue_forget(number);
    if (compartment->entry.interrupt != SYSTEM_NO_INTERRUPT) {
        processor_interrupt_enable(compartment->entry.interrupt, false);
    }
    if (schedule_current() == number) {
        schedule_forget();
    }
    ipc_peer_down(number);
}

static void wait_over(uint32_t number)
{
    struct compartment *compartment = &compartments[number];
    switch (compartment->state) {
    case COMPARTMENT_SLEEPING:
        compartment_resume(number, ERROR_CODE_NONE);
        break;
    case COMPARTMENT_SENDING:
    case COMPARTMENT_AWAITING:
        compartment_resume(number, ERROR_CODE_KERNEL_TIMEOUT);
        break;
    case COMPARTMENT_RECEIVING:
        ipc_receive_timeout(number);
        break;
    case COMPARTMENT_DOWN:
        compartment_start(number);
        break;
    case COMPARTMENT_ABSENT:
    case COMPARTMENT_RUNNING:
    case COMPARTMENT_MONITOR:
        break;
    }
}

void compartment_tick(bool inside)
{
    compartment_charge();
    for (uint32_t number = 0; number < SYSTEM_COMPARTMENT_COUNT_MAX; number++) {
        struct compartment *compartment = &compartments[number];
        if (compartment->deadline_set && (int32_t)(time_now_ms() - compartment->deadline_ms) >= 0) {
            wait_over(number);
        }
        if (compartment->state != COMPARTMENT_ABSENT) {
            compartment_watch(number, inside && number == schedule_current());
        }
    }
}

void compartment_tell_start(uint32_t number, uint32_t start_address)
{
    struct compartment *compartment = &compartments[number];
    struct kernel_start *start = (struct kernel_start *)(uintptr_t)start_address;
    if (start_address % 4 != 0 || !compartment_may_write(number, start_address, sizeof *start)) {
        compartment->frame[0] = ERROR_CODE_KERNEL_ARGUMENT;
        return;
    }
    const struct compartment_history *history = &compartment->history;
    *start = (struct kernel_start){
        .fault_count = history->fault_count,
        .cause = history->last.cause,
        .pc = history->last.pc,
        .lr = history->last.lr,
        .address = history->last.address,
        .kept = history->fault_count != 0 && compartment->entry.restart_state == SYSTEM_RESTART_KEEP,
    };
    compartment->frame[0] = ERROR_CODE_NONE;
}
