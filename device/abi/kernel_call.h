/* Calls from a compartment into the kernel: SVC 0, number in r0, arguments in r1 to r3 or behind a pointer into the
 * caller's own memory, which the kernel checks against the caller's regions and copies. Result (struct error's code) in
 * r0. device/runtime/ is the library around it; compartments use that. */
#ifndef DEVICE_ABI_KERNEL_CALL_H
#define DEVICE_ABI_KERNEL_CALL_H

#include <stdint.h>

enum kernel_call {
    KERNEL_CALL_TIME = 1,     /* r0 = milliseconds since the kernel started (never fails) */
    KERNEL_CALL_SLEEP = 2,    /* r1 = milliseconds; 0 gives way once */
    KERNEL_CALL_CALL = 3,     /* r1 = struct kernel_message *: send to a compartment and wait for its reply */
    KERNEL_CALL_RECEIVE = 4,  /* r1 = struct kernel_receive *: wait for a message, an interrupt or a time-out */
    KERNEL_CALL_REPLY = 5,    /* r1 = caller, r2 = data, r3 = size */
    KERNEL_CALL_MONITOR = 6,  /* r1 = struct kernel_message *: target = enum monitor_call, if declared */
    KERNEL_CALL_LOG = 7,      /* r1 = text, r2 = size; one line, prefixed with the compartment's name */
    KERNEL_CALL_EXIT = 8,     /* r1 = cause: stops the compartment as a fault of its own making */
    KERNEL_CALL_IRQ_DONE = 9, /* re-enables the compartment's interrupt after it was handled */
    /* r1 = index from 0, r2 = struct system_endpoint *: what base and app declared of the network, one after the other.
     * For compartments of base alone. KERNEL_ARGUMENT after the last */
    KERNEL_CALL_ENDPOINT = 10,
    /* r1 = compartment whose message waits for the caller's reply, r2 = IPv4 address, r3 = port: it asked for something
     * of the network that it did not declare. Recorded as any undeclared use. For compartments of base alone */
    KERNEL_CALL_REFUSED = 11,
    KERNEL_CALL_START = 12,   /* r1 = struct kernel_start *: why it starts */
};

/* All zero at the first start since the device started. */
struct kernel_start {
    uint32_t fault_count; /* faults of this compartment since the device started */
    uint32_t cause;       /* of the last of them: device/abi/fault_cause.h */
    uint32_t pc;
    uint32_t lr;
    uint32_t address;
    uint32_t kept;        /* 1: data that outlive a restart are as it left them; 0: nothing is */
};

struct kernel_message {
    uint32_t target;
    const uint8_t *data;
    uint32_t size_bytes;
    uint8_t *reply;
    uint32_t reply_capacity_bytes;
    uint32_t reply_size_bytes; /* out */
    uint32_t timeout_ms;       /* 0: for ever */
};

enum kernel_event {
    KERNEL_EVENT_MESSAGE = 1,
    KERNEL_EVENT_INTERRUPT = 2,
    KERNEL_EVENT_TIMEOUT = 3,
};

struct kernel_receive {
    uint8_t *data;
    uint32_t capacity_bytes;
    uint32_t timeout_ms; /* 0: for ever */
    uint32_t event;      /* out: enum kernel_event */
    uint32_t caller;     /* out: compartment number of a message's sender */
    uint32_t size_bytes; /* out */
};

#endif
