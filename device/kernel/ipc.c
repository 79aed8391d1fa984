#include "device/kernel/ipc.h"

#include "base/error.h"
#include "device/kernel/compartment.h"
#include "device/kernel/monitor_queue.h"
#include "device/kernel/thread.h"
#include "device/kernel/time.h"

#include <stddef.h>
#include <string.h>

static void *pointer(uint32_t address)
{
    return (void *)(uintptr_t)address;
}

static uint32_t address_of(const void *data)
{
    return (uint32_t)(uintptr_t)data;
}

uint32_t ipc_message_take(uint32_t caller, uint32_t message_address)
{
    struct compartment *compartment = &compartments[caller];
    if (message_address % 4 != 0 || !compartment_may_write(caller, message_address, sizeof compartment->message)) {
        return ERROR_CODE_KERNEL_ARGUMENT;
    }
    memcpy(&compartment->message, pointer(message_address), sizeof compartment->message);
    compartment->request_address = message_address;
    const struct kernel_message *message = &compartment->message;
    if (!compartment_may_read(caller, address_of(message->data), message->size_bytes) ||
        !compartment_may_write(caller, address_of(message->reply), message->reply_capacity_bytes)) {
        return ERROR_CODE_KERNEL_ARGUMENT;
    }
    return ERROR_CODE_NONE;
}

void ipc_message_answer(uint32_t caller, uint32_t code, const uint8_t *data, uint32_t size_bytes)
{
    struct compartment *compartment = &compartments[caller];
    if (code == ERROR_CODE_NONE && size_bytes > compartment->message.reply_capacity_bytes) {
        code = ERROR_CODE_KERNEL_CAPACITY;
    }
    if (code == ERROR_CODE_NONE && compartment->request_address != 0) {
        memcpy(compartment->message.reply, data, size_bytes);
        struct kernel_message *message = pointer(compartment->request_address);
        message->reply_size_bytes = size_bytes;
    }
    compartment_resume(caller, code);
}

/* Moves a waiting message into a receiver that waits. False: it does not fit, and its sender is told so. */
static bool deliver(uint32_t sender, uint32_t receiver)
{
    struct compartment *from = &compartments[sender];
    struct compartment *to = &compartments[receiver];
    if (from->message.size_bytes > to->receive.capacity_bytes) {
        compartment_resume(sender, ERROR_CODE_KERNEL_CAPACITY);
        return false;
    }
    memcpy(to->receive.data, from->message.data, from->message.size_bytes);
    struct kernel_receive *out = pointer(to->request_address);
    out->event = KERNEL_EVENT_MESSAGE;
    out->caller = sender;
    out->size_bytes = from->message.size_bytes;
    from->state = COMPARTMENT_AWAITING; /* its deadline stays */
    from->delivered_ms = time_now_ms();
    compartment_resume(receiver, ERROR_CODE_NONE);
    return true;
}

static void receive_event(uint32_t number, enum kernel_event event)
{
    struct kernel_receive *out = pointer(compartments[number].request_address);
    out->event = event;
    out->size_bytes = 0;
    compartment_resume(number, ERROR_CODE_NONE);
}

static bool declared(uint32_t caller, uint32_t target)
{
    return target < SYSTEM_COMPARTMENT_COUNT_MAX && compartments[target].state != COMPARTMENT_ABSENT &&
           (compartments[caller].entry.calls & (1u << target)) != 0 &&
           (compartments[target].entry.accepts & (1u << caller)) != 0;
}

void ipc_call(uint32_t caller, uint32_t message_address)
{
    struct compartment *compartment = &compartments[caller];
    compartment->frame[0] = ipc_message_take(caller, message_address);
    if (compartment->frame[0] != ERROR_CODE_NONE) {
        return;
    }
    uint32_t target = compartment->message.target;
    if (target == caller || !declared(caller, target)) {
        monitor_queue_undeclared(caller, KERNEL_CALL_CALL, target);
        compartment->frame[0] = ERROR_CODE_KERNEL_NOT_DECLARED;
        return;
    }
    if (compartments[target].state == COMPARTMENT_DOWN) {
        compartment->frame[0] = ERROR_CODE_KERNEL_PEER_DOWN;
        return;
    }
    compartment_block(caller, COMPARTMENT_SENDING, compartment->message.timeout_ms);
    if (compartments[target].state == COMPARTMENT_RECEIVING) {
        (void)deliver(caller, target);
    }
}

/* Waiting senders in order of priority. */
static bool receive_waiting(uint32_t receiver)
{
    for (;;) {
        uint32_t best = SYSTEM_COMPARTMENT_COUNT_MAX;
        for (uint32_t number = 0; number < SYSTEM_COMPARTMENT_COUNT_MAX; number++) {
            if (compartments[number].state == COMPARTMENT_SENDING && compartments[number].message.target == receiver &&
                (best == SYSTEM_COMPARTMENT_COUNT_MAX ||
                 threads[number].priority > threads[best].priority)) {
                best = number;
            }
        }
        if (best == SYSTEM_COMPARTMENT_COUNT_MAX) {
            return false;
        }
        if (deliver(best, receiver)) {
            return true;
        }
    }
}

void ipc_receive(uint32_t receiver, uint32_t receive_address)
{
    struct compartment *compartment = &compartments[receiver];
    struct kernel_receive *receive = &compartment->receive;
    if (receive_address % 4 != 0 || !compartment_may_write(receiver, receive_address, sizeof *receive)) {
        compartment->frame[0] = ERROR_CODE_KERNEL_ARGUMENT;
        return;
    }
    memcpy(receive, pointer(receive_address), sizeof *receive);
    if (!compartment_may_write(receiver, address_of(receive->data), receive->capacity_bytes)) {
        compartment->frame[0] = ERROR_CODE_KERNEL_ARGUMENT;
        return;
    }
    compartment->request_address = receive_address;
    compartment_block(receiver, COMPARTMENT_RECEIVING, receive->timeout_ms);
    if (compartment->interrupt_pending) {
        ipc_interrupt(receiver);
    } else {
        (void)receive_waiting(receiver);
    }
}

void ipc_reply(uint32_t server, uint32_t caller, uint32_t data_address, uint32_t size_bytes)
{
    struct compartment *compartment = &compartments[server];
    if (caller >= SYSTEM_COMPARTMENT_COUNT_MAX || compartments[caller].state != COMPARTMENT_AWAITING ||
        compartments[caller].message.target != server || !compartment_may_read(server, data_address, size_bytes)) {
        compartment->frame[0] = ERROR_CODE_KERNEL_ARGUMENT;
        return;
    }
    compartment->frame[0] = ERROR_CODE_NONE;
    ipc_message_answer(caller, ERROR_CODE_NONE, pointer(data_address), size_bytes);
}

void ipc_interrupt(uint32_t number)
{
    struct compartment *compartment = &compartments[number];
    compartment->interrupt_pending = compartment->state != COMPARTMENT_RECEIVING;
    if (compartment->state == COMPARTMENT_RECEIVING) {
        receive_event(number, KERNEL_EVENT_INTERRUPT);
    }
}

void ipc_receive_timeout(uint32_t number)
{
    receive_event(number, KERNEL_EVENT_TIMEOUT);
}

void ipc_peer_down(uint32_t number)
{
    for (uint32_t other = 0; other < SYSTEM_COMPARTMENT_COUNT_MAX; other++) {
        if ((compartments[other].state == COMPARTMENT_SENDING || compartments[other].state == COMPARTMENT_AWAITING) &&
            compartments[other].message.target == number) {
            compartment_resume(other, ERROR_CODE_KERNEL_PEER_DOWN);
        }
    }
}
