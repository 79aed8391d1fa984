/* Makes the tries of the plan, one after the other, each ended by the fault or the exit of its compartment: stands in for
 * the kernel's length of a tick, so that the kernel itself is the product's. Restarts are quick here. */
#include "device/kernel/compartment.h"
#include "device/kernel/processor.h"
#include "device/kernel/schedule.h"
#include "device/kernel/time.h"
#include "tests/isolation/images/matrix/matrix.h"

#define PLAN ((volatile struct matrix_plan *)(uintptr_t)MATRIX_PLAN_ADDRESS)
#define WARM_UP_MS 300
#define FRAME_PC 6
#define FRAME_XPSR 7
#define XPSR_THUMB 0x01000000u

static bool under_way;
static uint32_t expected_fault_count;

/* The next may begin when the monitor does not work for its compartment. A wait for a peer ends as when its time is out. */
static bool begin(const volatile struct matrix_try *try)
{
    struct compartment *compartment = &compartments[try->number];
    bool waits = compartment->state == COMPARTMENT_SLEEPING || compartment->state == COMPARTMENT_RECEIVING ||
                 compartment->state == COMPARTMENT_SENDING || compartment->state == COMPARTMENT_AWAITING;
    if (!waits && compartment->state != COMPARTMENT_RUNNING) {
        return false;
    }
    if (waits) {
        compartment_resume(try->number, ERROR_CODE_KERNEL_ARGUMENT);
    }
    expected_fault_count = compartment->history.fault_count + 1;
    uint32_t *frame = (uint32_t *)(uintptr_t)processor_stack_pointer(try->number);
    frame[0] = try->operation;
    frame[1] = try->argument;
    frame[2] = try->second;
    frame[FRAME_PC] = PLAN->entries[try->number] & ~1u;
    frame[FRAME_XPSR] = XPSR_THUMB;
    return true;
}

/* Its next fault is what came of it: it has done nothing else since. */
static bool end(volatile struct matrix_try *try)
{
    const struct compartment_history *history = &compartments[try->number].history;
    if (history->fault_count < expected_fault_count) {
        return false;
    }
    try->cause = history->last.cause;
    return true;
}

uint32_t time_tick_cycles(void)
{
    for (uint32_t number = 0; number < SYSTEM_COMPARTMENT_COUNT_MAX; number++) {
        compartments[number].entry.restart_delay_ms = 1;
        compartments[number].entry.restart_delay_max_ms = 1;
        compartments[number].entry.restart_limit = 0;
    }
    if (under_way && end(&PLAN->tries[PLAN->done])) {
        under_way = false;
        PLAN->done++;
    }
    if (!under_way && time_now_ms() >= WARM_UP_MS && PLAN->done < PLAN->count) {
        under_way = begin(&PLAN->tries[PLAN->done]);
    }
    return MEMORY_TIMER0_FREQUENCY_HZ / 1000;
}
