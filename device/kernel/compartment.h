/* Compartments: their state, memory and life. All functions run in kernel handlers of one priority, so none of them is
 * interrupted by another; compartment_stop also in fault handlers, which no handler of the kernel causes. */
#ifndef DEVICE_KERNEL_COMPARTMENT_H
#define DEVICE_KERNEL_COMPARTMENT_H

#include "base/error.h"
#include "device/abi/kernel_call.h"
#include "device/abi/system_table.h"

enum compartment_state {
    COMPARTMENT_ABSENT = 0,
    COMPARTMENT_RUNNING = 1,
    COMPARTMENT_SLEEPING = 2,
    COMPARTMENT_SENDING = 3,   /* waits until the peer receives */
    COMPARTMENT_AWAITING = 4,  /* waits for the peer's reply */
    COMPARTMENT_RECEIVING = 5,
    COMPARTMENT_MONITOR = 6,   /* waits for the monitor */
    COMPARTMENT_DOWN = 7,      /* stopped; starts again when its time comes */
};

struct compartment {
    struct system_compartment entry;
    enum compartment_state state;
    uint32_t *frame;               /* registers r0 to r3 ... of the kernel call under way, in the compartment's stack */
    uint32_t request_address;      /* of the kernel_message or kernel_receive in the compartment's memory; 0: none */
    struct kernel_message message; /* copy: sending, awaiting, monitor */
    struct kernel_receive receive; /* copy: receiving */
    bool deadline_set;
    uint32_t deadline_ms;
    bool interrupt_pending;
    uint32_t fault_count;          /* since it last ran well */
    uint32_t started_ms;
    uint32_t undeclared_ms;        /* when the last undeclared use was reported */
    bool undeclared_reported;
};

extern struct compartment compartments[SYSTEM_COMPARTMENT_COUNT_MAX];

/* Why a compartment was stopped, for MONITOR_CALL_FAULT: bits of CFSR, or one of these. */
enum compartment_cause {
    COMPARTMENT_CAUSE_EXIT = 0x80000000,    /* with the cause that the compartment gave in the low bits */
    COMPARTMENT_CAUSE_MONITOR = 0x40000001, /* entered the monitor by itself */
    COMPARTMENT_CAUSE_SECURE = 0x40000002,  /* touched the secure world */
    COMPARTMENT_CAUSE_STACK = 0x40000003,   /* its stack pointer lies outside its memory */
};

struct compartment_fault {
    uint32_t cause;
    uint32_t pc;
    uint32_t lr;
    uint32_t address;
};

/* Makes the thread and starts it, from the beginning. */
void compartment_start(uint32_t number);
/* Stops it: recorded, peers that wait for it are told, a restart is planned by its policy. */
void compartment_stop(uint32_t number, const struct compartment_fault *fault);
/* Ends a kernel call: code into r0, compartment ready again. */
void compartment_resume(uint32_t number, uint32_t code);
/* Blocks the current compartment in state until a deadline, timeout_ms from now; 0: for ever. */
void compartment_block(uint32_t number, enum compartment_state state, uint32_t timeout_ms);
/* Time has come: time-outs and restarts. */
void compartment_tick(void);

/* Does the memory belong to the compartment: RAM to write, RAM or code to read? Empty ranges do. */
bool compartment_may_read(uint32_t number, uint32_t address, uint32_t size_bytes);
bool compartment_may_write(uint32_t number, uint32_t address, uint32_t size_bytes);

#endif
