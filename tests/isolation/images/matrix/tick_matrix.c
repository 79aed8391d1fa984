/* Makes the tries of the plan, one after the other, each ended by the fault or the exit of its compartment: stands in for
 * the kernel's length of a tick, so that the kernel itself is the product's. Restarts are quick here. */
#include "device/kernel/compartment.h"
#include "device/kernel/fault_queue.h"
#include "device/kernel/processor.h"
#include "device/kernel/schedule.h"
#include "device/kernel/time.h"
#include "tests/isolation/images/matrix/matrix.h"

#define PLAN ((const struct matrix_plan *)(uintptr_t)MATRIX_PLAN_ADDRESS)
#define WARM_UP_MS 300
#define FRAME_PC 6
#define FRAME_XPSR 7
#define XPSR_THUMB 0x01000000u

static uint32_t next;
static uint32_t expected_fault_count;

/* The next try may begin when the one before has ended and is reported, and its compartment is not in a call. */
static bool begin(const struct matrix_try *try)
{
    struct compartment *compartment = &compartments[try->number];
    bool waits = compartment->state == COMPARTMENT_SLEEPING || compartment->state == COMPARTMENT_RECEIVING;
    if (next > 0 && compartments[PLAN->tries[next - 1].number].history.fault_count < expected_fault_count) {
        return false;
    }
    if ((!waits && compartment->state != COMPARTMENT_RUNNING) || !fault_queue_is_empty()) {
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
    frame[FRAME_PC] = try->entry;
    frame[FRAME_XPSR] = XPSR_THUMB;
    return true;
}

uint32_t time_tick_cycles(void)
{
    for (uint32_t number = 0; number < SYSTEM_COMPARTMENT_COUNT_MAX; number++) {
        compartments[number].entry.restart_delay_ms = 1;
        compartments[number].entry.restart_delay_max_ms = 1;
        compartments[number].entry.restart_limit = 0;
    }
    if (time_now_ms() >= WARM_UP_MS && next < PLAN->count && begin(&PLAN->tries[next])) {
        next++;
    }
    return MEMORY_TIMER0_FREQUENCY_HZ / 1000;
}
