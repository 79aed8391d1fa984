#include "device/kernel/compartment.h"

#include "device/kernel/board.h"
#include "device/kernel/ipc.h"
#include "device/kernel/monitor_queue.h"
#include "device/kernel/processor.h"
#include "device/kernel/schedule.h"
#include "device/kernel/time.h"

#include <string.h>

struct compartment compartments[SYSTEM_COMPARTMENT_COUNT_MAX];

void compartment_start(uint32_t number)
{
    struct compartment *compartment = &compartments[number];
    struct system_compartment entry = compartment->entry;
    uint32_t fault_count = compartment->fault_count;
    memset(compartment, 0, sizeof *compartment);
    compartment->entry = entry;
    compartment->fault_count = fault_count;
    compartment->state = COMPARTMENT_RUNNING;
    compartment->started_ms = time_now_ms();
    processor_thread_init(&threads[number], &compartment->entry);
    threads[number].priority = entry.priority;
    schedule_set_ready(number, true);
}

void compartment_resume(uint32_t number, uint32_t code)
{
    struct compartment *compartment = &compartments[number];
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
        compartment->fault_count = 0;
    }
    uint32_t delay_ms = compartment->entry.restart_delay_ms;
    for (uint32_t count = 0; count < compartment->fault_count && delay_ms < longest_ms; count++) {
        delay_ms *= 2;
    }
    compartment->fault_count++;
    return delay_ms < longest_ms ? delay_ms : longest_ms;
}

void compartment_stop(uint32_t number, const struct compartment_fault *fault)
{
    struct compartment *compartment = &compartments[number];
    monitor_queue_fault(number, FAULT_RECORD_STOPPED, fault);
    compartment_block(number, COMPARTMENT_DOWN, restart_delay_ms(compartment));
    if (compartment->entry.interrupt != SYSTEM_NO_INTERRUPT) {
        processor_interrupt_enable(compartment->entry.interrupt, false);
    }
    if (schedule_current() == number) {
        schedule_forget();
    }
    ipc_peer_down(number);
}

static void deadline_reached(uint32_t number)
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

void compartment_tick(void)
{
    for (uint32_t number = 0; number < SYSTEM_COMPARTMENT_COUNT_MAX; number++) {
        struct compartment *compartment = &compartments[number];
        if (compartment->deadline_set && (int32_t)(time_now_ms() - compartment->deadline_ms) >= 0) {
            deadline_reached(number);
        }
    }
}
