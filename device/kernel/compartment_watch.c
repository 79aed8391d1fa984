#include "device/kernel/compartment_watch.h"

#include "device/kernel/budget.h"
#include "device/kernel/compartment.h"
#include "device/kernel/monitor_queue.h"
#include "device/kernel/processor.h"
#include "device/kernel/schedule.h"
#include "device/kernel/secure_stack.h"
#include "device/kernel/time.h"

#define FRAME_SIZE_BYTES 32
#define FRAME_LR 5
#define FRAME_PC 6

void compartment_prioritise(uint32_t number)
{
    const struct system_compartment *entry = &compartments[number].entry;
    bool left = budget_left(number);
    threads[number].held = !left && entry->over_budget != SYSTEM_OVER_BUDGET_BACKGROUND;
    threads[number].priority = left ? entry->priority + THREAD_PRIORITY_BACKGROUND : THREAD_PRIORITY_BACKGROUND;
    schedule_request();
}

void compartment_charge(void)
{
    uint32_t cycles = processor_elapsed_cycles();
    uint32_t number = schedule_current();
    if (number == THREAD_MONITOR) {
        number = monitor_queue_client();
    }
    if (number >= SYSTEM_COMPARTMENT_COUNT_MAX) {
        return;
    }
    bool was_left = budget_left(number);
    budget_charge(number, cycles);
    if (was_left && !budget_left(number)) {
        compartments[number].overdrawn = true;
        compartment_prioritise(number);
        monitor_queue_prioritise();
    }
}

/* Where it is, for who looks into it: the frame that the hardware saved, if its stack pointer is its own. */
static void stop(uint32_t number, enum fault_cause cause, uint32_t address)
{
    struct compartment_fault fault = {.cause = (uint32_t)cause, .address = address};
    uint32_t stack_pointer = processor_stack_pointer(number);
    if (stack_pointer % 4 == 0 && compartment_may_write(number, stack_pointer, FRAME_SIZE_BYTES)) {
        const uint32_t *frame = (const uint32_t *)(uintptr_t)stack_pointer;
        fault.pc = frame[FRAME_PC];
        fault.lr = frame[FRAME_LR];
    }
    compartment_stop(number, &fault);
}

static bool deadline_missed(const struct compartment *compartment, uint32_t *time_ms)
{
    *time_ms = time_now_ms() - compartment->activation_ms;
    return compartment->entry.deadline_ms != 0 && *time_ms > compartment->entry.deadline_ms &&
           compartment->state != COMPARTMENT_SLEEPING && compartment->state != COMPARTMENT_RECEIVING;
}

/* A caller that has waited for its answer too long; SYSTEM_COMPARTMENT_COUNT_MAX: none. */
static uint32_t unanswered(uint32_t server)
{
    uint32_t answer_ms = compartments[server].entry.answer_ms;
    for (uint32_t caller = 0; answer_ms != 0 && caller < SYSTEM_COMPARTMENT_COUNT_MAX; caller++) {
        if (compartments[caller].state == COMPARTMENT_AWAITING && compartments[caller].message.target == server &&
            time_now_ms() - compartments[caller].delivered_ms > answer_ms) {
            return caller;
        }
    }
    return SYSTEM_COMPARTMENT_COUNT_MAX;
}

void compartment_watch(uint32_t number, bool inside)
{
    struct compartment *compartment = &compartments[number];
    if (budget_renew(number, time_now_ms())) {
        compartment_prioritise(number);
        monitor_queue_prioritise();
    }
    /* One inside the secure world is being evicted (threat T-10) and stopped for that. */
    if (compartment->state == COMPARTMENT_DOWN || inside || secure_stack_holds(number)) {
        return;
    }
    uint32_t time_ms;
    uint32_t caller;
    if (deadline_missed(compartment, &time_ms)) {
        stop(number, FAULT_CAUSE_DEADLINE, time_ms);
    } else if ((caller = unanswered(number)) != SYSTEM_COMPARTMENT_COUNT_MAX) {
        stop(number, FAULT_CAUSE_ANSWER, caller);
    } else if (compartment->overdrawn && compartment->entry.over_budget == SYSTEM_OVER_BUDGET_FAULT &&
               compartment->state == COMPARTMENT_RUNNING) {
        stop(number, FAULT_CAUSE_BUDGET, 0);
    }
}
