/* Kernel calls: from a compartment's registers to the function that serves them. */
#include "base/error.h"
#include "device/kernel/compartment.h"
#include "device/kernel/ipc.h"
#include "device/kernel/kernel.h"
#include "device/kernel/monitor_queue.h"
#include "device/kernel/processor.h"
#include "device/kernel/schedule.h"
#include "device/kernel/system.h"
#include "device/kernel/time.h"

#include <string.h>

static void call_sleep(uint32_t caller, uint32_t time_ms)
{
    compartments[caller].frame[0] = ERROR_CODE_NONE;
    if (time_ms == 0) {
        schedule_rotate();
    } else {
        compartment_block(caller, COMPARTMENT_SLEEPING, time_ms);
    }
}

static void call_exit(uint32_t caller, uint32_t cause, const uint32_t *frame)
{
    struct compartment_fault fault = {.cause = FAULT_EXIT | cause, .pc = frame[6], .lr = frame[5]};
    compartment_stop(caller, &fault);
}

static void call_interrupt_done(uint32_t caller)
{
    struct compartment *compartment = &compartments[caller];
    if (compartment->entry.interrupt == SYSTEM_NO_INTERRUPT) {
        monitor_queue_undeclared(caller, KERNEL_CALL_IRQ_DONE, 0);
        compartment->frame[0] = ERROR_CODE_KERNEL_NOT_DECLARED;
        return;
    }
    compartment->frame[0] = ERROR_CODE_NONE;
    processor_interrupt_enable(compartment->entry.interrupt, true);
}

/* Both calls are base's: an app has no business with what others may reach, nor with saying that somebody was refused. */
static bool speaks_for_base(uint32_t caller, enum kernel_call call)
{
    if (caller < SYSTEM_APP_FIRST) {
        return true;
    }
    monitor_queue_undeclared(caller, (uint32_t)call, 0);
    compartments[caller].frame[0] = ERROR_CODE_KERNEL_NOT_DECLARED;
    return false;
}

static void call_endpoint(uint32_t caller, uint32_t index, uint32_t out_address)
{
    struct system_endpoint endpoint;
    bool good = out_address % 4 == 0 && compartment_may_write(caller, out_address, sizeof endpoint) &&
                system_endpoint(index, &endpoint);
    if (good) {
        memcpy((void *)(uintptr_t)out_address, &endpoint, sizeof endpoint);
    }
    compartments[caller].frame[0] = good ? ERROR_CODE_NONE : ERROR_CODE_KERNEL_ARGUMENT;
}

/* Nobody is reported who does not wait for this compartment's answer: net cannot blame who asked it for nothing. */
static void call_refused(uint32_t caller, uint32_t number, uint32_t address, uint32_t port)
{
    bool good = number < SYSTEM_COMPARTMENT_COUNT_MAX && compartments[number].state == COMPARTMENT_AWAITING &&
                compartments[number].message.target == caller;
    if (good) {
        monitor_queue_undeclared(number, (uint32_t)KERNEL_CALL_REFUSED | port << 16, address);
    }
    compartments[caller].frame[0] = good ? ERROR_CODE_NONE : ERROR_CODE_KERNEL_ARGUMENT;
}

static void compartment_call(uint32_t caller, uint32_t *frame)
{
    compartments[caller].frame = frame;
    switch (frame[0]) {
    case KERNEL_CALL_TIME:
        frame[0] = time_now_ms();
        break;
    case KERNEL_CALL_SLEEP:
        call_sleep(caller, frame[1]);
        break;
    case KERNEL_CALL_CALL:
        ipc_call(caller, frame[1]);
        break;
    case KERNEL_CALL_RECEIVE:
        ipc_receive(caller, frame[1]);
        break;
    case KERNEL_CALL_REPLY:
        ipc_reply(caller, frame[1], frame[2], frame[3]);
        break;
    case KERNEL_CALL_MONITOR:
        monitor_queue_call(caller, frame[1]);
        break;
    case KERNEL_CALL_LOG:
        monitor_queue_log(caller, frame[1], frame[2]);
        break;
    case KERNEL_CALL_EXIT:
        call_exit(caller, frame[1], frame);
        break;
    case KERNEL_CALL_IRQ_DONE:
        call_interrupt_done(caller);
        break;
    case KERNEL_CALL_ENDPOINT:
        if (speaks_for_base(caller, KERNEL_CALL_ENDPOINT)) {
            call_endpoint(caller, frame[1], frame[2]);
        }
        break;
    case KERNEL_CALL_REFUSED:
        if (speaks_for_base(caller, KERNEL_CALL_REFUSED)) {
            call_refused(caller, frame[1], frame[2], frame[3]);
        }
        break;
    case KERNEL_CALL_START:
        compartment_tell_start(caller, frame[1]);
        break;
    default:
        frame[0] = ERROR_CODE_KERNEL_CALL;
        break;
    }
}

static void monitor_thread_call(uint32_t *frame)
{
    if (frame[0] == KERNEL_CALL_MONITOR_TAKE) {
        frame[0] = monitor_queue_take(&frame[1]);
    } else if (frame[0] == KERNEL_CALL_MONITOR_DONE) {
        if (monitor_queue_done(frame[1])) {
            system_start_app();
        }
    } else {
        kernel_panic();
    }
}

void kernel_call(uint32_t *frame)
{
    uint32_t current = schedule_current();
    if (current < SYSTEM_COMPARTMENT_COUNT_MAX) {
        compartment_call(current, frame);
    } else if (current == THREAD_MONITOR) {
        monitor_thread_call(frame);
    } else {
        kernel_panic();
    }
}
