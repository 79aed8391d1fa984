#include "device/runtime/runtime.h"

#include <string.h>

static uint32_t kernel_call(enum kernel_call number, uint32_t a, uint32_t b, uint32_t c)
{
    register uint32_t r0 __asm("r0") = (uint32_t)number;
    register uint32_t r1 __asm("r1") = a;
    register uint32_t r2 __asm("r2") = b;
    register uint32_t r3 __asm("r3") = c;
    __asm volatile("svc 0" : "+r"(r0), "+r"(r1), "+r"(r2), "+r"(r3) : : "memory");
    return r0;
}

static uint32_t address_of(const void *data)
{
    return (uint32_t)(uintptr_t)data;
}

uint32_t runtime_time_ms(void)
{
    return kernel_call(KERNEL_CALL_TIME, 0, 0, 0);
}

void runtime_sleep_ms(uint32_t time_ms)
{
    (void)kernel_call(KERNEL_CALL_SLEEP, time_ms, 0, 0);
}

void runtime_log(const char *text)
{
    (void)kernel_call(KERNEL_CALL_LOG, address_of(text), (uint32_t)strlen(text), 0);
}

void runtime_fail(uint32_t cause)
{
    for (;;) {
        (void)kernel_call(KERNEL_CALL_EXIT, cause, 0, 0);
    }
}

void runtime_start_reason(struct kernel_start *reason)
{
    (void)kernel_call(KERNEL_CALL_START, address_of(reason), 0, 0);
}

static struct error message_send(enum kernel_call call, struct kernel_message *message, struct buffer *reply)
{
    struct error error = {kernel_call(call, address_of(message), 0, 0)};
    if (error_is_none(error)) {
        reply->size = message->reply_size_bytes;
    }
    return error;
}

struct error runtime_call(uint32_t compartment, struct span request, struct buffer *reply, uint32_t timeout_ms)
{
    struct kernel_message message = {.target = compartment, .data = request.data, .size_bytes = (uint32_t)request.size,
                                     .reply = reply->data, .reply_capacity_bytes = (uint32_t)reply->capacity,
                                     .timeout_ms = timeout_ms};
    return message_send(KERNEL_CALL_CALL, &message, reply);
}

struct error runtime_receive(struct buffer *data, uint32_t timeout_ms, struct runtime_event *event)
{
    struct kernel_receive receive = {.data = data->data, .capacity_bytes = (uint32_t)data->capacity,
                                     .timeout_ms = timeout_ms};
    struct error error = {kernel_call(KERNEL_CALL_RECEIVE, address_of(&receive), 0, 0)};
    if (error_is_none(error)) {
        data->size = receive.size_bytes;
        event->event = (enum kernel_event)receive.event;
        event->caller = receive.caller;
        event->size_bytes = receive.size_bytes;
    }
    return error;
}

struct error runtime_reply(uint32_t caller, struct span reply)
{
    return (struct error){kernel_call(KERNEL_CALL_REPLY, caller, address_of(reply.data), (uint32_t)reply.size)};
}

void runtime_interrupt_done(void)
{
    (void)kernel_call(KERNEL_CALL_IRQ_DONE, 0, 0, 0);
}

struct error runtime_endpoint(uint32_t index, struct system_endpoint *endpoint)
{
    return (struct error){kernel_call(KERNEL_CALL_ENDPOINT, index, address_of(endpoint), 0)};
}

void runtime_refused(uint32_t caller, uint32_t address, uint16_t port)
{
    (void)kernel_call(KERNEL_CALL_REFUSED, caller, address, port);
}

struct error runtime_monitor(enum monitor_call number, struct span request, struct buffer *reply)
{
    struct kernel_message message = {.target = (uint32_t)number, .data = request.data,
                                     .size_bytes = (uint32_t)request.size, .reply = reply->data,
                                     .reply_capacity_bytes = (uint32_t)reply->capacity};
    return message_send(KERNEL_CALL_MONITOR, &message, reply);
}
