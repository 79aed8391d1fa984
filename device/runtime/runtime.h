/* What a compartment is written against. Bodies: device/runtime/armv8m (kernel calls), device/boards/host (threads and
 * sockets of a Linux process). A compartment gives compartment_main; it is started and restarted with fresh data. */
#ifndef DEVICE_RUNTIME_RUNTIME_H
#define DEVICE_RUNTIME_RUNTIME_H

#include "base/error.h"
#include "base/span.h"
#include "device/abi/kernel_call.h"
#include "device/abi/monitor_call.h"
#include "device/abi/system_table.h"

/* Largest message between compartments. */
#define RUNTIME_MESSAGE_SIZE_BYTES_MAX 1600

void compartment_main(void);

/* Milliseconds since the kernel started; wraps after 49 days. */
uint32_t runtime_time_ms(void);
void runtime_sleep_ms(uint32_t time_ms);
/* One line for people; longer than 160 bytes is cut. */
void runtime_log(const char *text);
/* Stops this compartment as a fault of its own making; the kernel restarts it by its policy. */
__attribute__((noreturn)) void runtime_fail(uint32_t cause);

/* Data that outlive a restart of the compartment, if its system file says 'state = "keep"'; else zero at every start.
 *     static struct counts counts RUNTIME_KEPT; */
#define RUNTIME_KEPT __attribute__((section(".kept")))

/* Why the compartment starts: all zero at the first start since the device started. */
void runtime_start_reason(struct kernel_start *reason);

/* Sends a request to a compartment (number from the generated system header) and waits for the reply.
 * errors  KERNEL_NOT_DECLARED, KERNEL_PEER_DOWN, KERNEL_TIMEOUT, KERNEL_CAPACITY, KERNEL_ARGUMENT */
MUST_USE struct error runtime_call(uint32_t compartment, struct span request, struct buffer *reply,
                                   uint32_t timeout_ms);

struct runtime_event {
    enum kernel_event event;
    uint32_t caller;     /* of a message */
    size_t size_bytes;   /* of a message */
};

/* Waits for a message (copied to data), the compartment's interrupt or the time-out (0: for ever). A message is
 * answered with runtime_reply, now or later; until then its sender waits.
 * errors  KERNEL_ARGUMENT */
MUST_USE struct error runtime_receive(struct buffer *data, uint32_t timeout_ms, struct runtime_event *event);
/* errors  KERNEL_ARGUMENT (that compartment does not wait for a reply any more) */
MUST_USE struct error runtime_reply(uint32_t caller, struct span reply);
/* Re-enables the compartment's interrupt. */
void runtime_interrupt_done(void);

/* For compartments of base: what all compartments declared of the network, by index from 0.
 * errors  KERNEL_ARGUMENT (there are no more), KERNEL_NOT_DECLARED */
MUST_USE struct error runtime_endpoint(uint32_t index, struct system_endpoint *endpoint);
/* For net: the compartment whose message it holds asked for something that it did not declare. */
void runtime_refused(uint32_t caller, uint32_t address, uint16_t port);

/* A monitor call that the compartment declared.  errors  KERNEL_NOT_DECLARED and those of the call */
MUST_USE struct error runtime_monitor(enum monitor_call number, struct span request, struct buffer *reply);

#endif
