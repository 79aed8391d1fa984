/* Injects faults: stands in for the kernel's length of a tick, so that it gets control at every tick and the kernel itself
 * is the product's. It sends a compartment's thread, whatever it was doing, to the code of a fault. */
#include "device/kernel/compartment.h"
#include "device/kernel/monitor_queue.h"
#include "device/kernel/processor.h"
#include "device/kernel/schedule.h"
#include "device/kernel/time.h"
#include "tests/isolation/images/inject/inject.h"

#define PLAN ((volatile struct inject_plan *)(uintptr_t)INJECT_PLAN_ADDRESS)
#define WARM_UP_MS 500
#define PAUSE_TICKS_MAX 6
#define FRAME_PC 6
#define FRAME_XPSR 7
#define XPSR_THUMB 0x01000000u

static uint32_t random_state;
static uint32_t number;
static uint32_t kind;
static uint32_t pause_ticks;
static bool chosen;
static uint32_t fault_counts[SYSTEM_COMPARTMENT_COUNT_MAX]; /* what each must have had before its next */

static uint32_t random_below(uint32_t limit)
{
    random_state = random_state * 1664525u + 1013904223u;
    return (uint32_t)(((uint64_t)random_state * limit) >> 32);
}

static void choose(void)
{
    do {
        number = random_below(SYSTEM_COMPARTMENT_COUNT_MAX);
        kind = random_below(INJECT_KIND_COUNT);
    } while (PLAN->tables[number] == 0 || (PLAN->kinds[number] & (1u << kind)) == 0);
    pause_ticks = random_below(PAUSE_TICKS_MAX);
    chosen = true;
}

/* The thread goes on at the code of the fault. One that is in a call of the monitor or of a peer is left until it is back:
 * code that does not run cannot fault. */
static bool inject(void)
{
    enum compartment_state state = compartments[number].state;
    uint32_t fault_count = compartments[number].history.fault_count;
    bool waits = state == COMPARTMENT_SLEEPING || state == COMPARTMENT_RECEIVING;
    if (fault_count < fault_counts[number] || (!waits && state != COMPARTMENT_RUNNING)) {
        return false; /* the fault before has yet to come about, or it is elsewhere */
    }
    if (waits) {
        compartment_resume(number, ERROR_CODE_KERNEL_ARGUMENT);
    }
    fault_counts[number] = fault_count + 1;
    uint32_t *frame = (uint32_t *)(uintptr_t)processor_stack_pointer(number);
    inject_function *const *table = (inject_function *const *)(uintptr_t)PLAN->tables[number];
    frame[FRAME_PC] = (uint32_t)(uintptr_t)table[kind] & ~1u;
    frame[FRAME_XPSR] = XPSR_THUMB;
    return true;
}

uint32_t time_tick_cycles(void)
{
    if (time_now_ms() >= WARM_UP_MS && PLAN->done < PLAN->count) {
        if (random_state == 0) {
            random_state = PLAN->seed;
        }
        if (!chosen) {
            choose();
        }
        if (pause_ticks > 0) {
            pause_ticks--;
        } else if (inject()) {
            chosen = false;
            PLAN->done++;
        }
    }
    return MEMORY_TIMER0_FREQUENCY_HZ / 1000;
}
