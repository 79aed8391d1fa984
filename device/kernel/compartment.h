/* Compartments: their state, memory and life. All functions run in kernel handlers of one priority, so none of them is
 * interrupted by another; compartment_stop also in fault handlers, which no handler of the kernel causes. */
#ifndef DEVICE_KERNEL_COMPARTMENT_H
#define DEVICE_KERNEL_COMPARTMENT_H

#include "base/error.h"
#include "device/abi/fault_cause.h"
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
    COMPARTMENT_DOWN = 7,      /* stopped; starts again when its time comes, if one is set */
};

struct compartment_fault {
    uint32_t cause; /* device/abi/fault_cause.h */
    uint32_t pc;
    uint32_t lr;
    uint32_t address;
};

/* What outlives a restart. */
struct compartment_history {
    struct compartment_fault last; /* cause 0: none since the device started */
    uint32_t fault_count;          /* since the device started */
    uint32_t recent_count;         /* since it last ran well: for the delay */
    uint32_t window_count;         /* for the limit */
    uint32_t window_start_ms;
    uint32_t undeclared_ms;        /* when the last undeclared use was reported */
    bool undeclared_reported;
};

struct compartment {
    struct system_compartment entry;
    struct compartment_history history;
    enum compartment_state state;  /* from here on fresh at every start */
    uint32_t *frame;               /* registers r0 to r3 ... of the kernel call under way, in the compartment's stack */
    uint32_t request_address;      /* of the kernel_message or kernel_receive in the compartment's memory; 0: none */
    struct kernel_message message; /* copy: sending, awaiting, monitor */
    struct kernel_receive receive; /* copy: receiving */
    bool deadline_set;             /* of what it waits for */
    uint32_t deadline_ms;
    bool interrupt_pending;
    bool overdrawn;                /* has used up its budget since it started */
    uint32_t started_ms;
    uint32_t activation_ms;        /* since when it has something to do */
    uint32_t delivered_ms;         /* awaiting: since when the peer has the message */
};

extern struct compartment compartments[SYSTEM_COMPARTMENT_COUNT_MAX];

/* A compartment of a checked table, for the first time. */
void compartment_open(uint32_t number, const struct system_compartment *entry);
/* Makes the thread and starts it, from the beginning. */
void compartment_start(uint32_t number);
/* Stops it: recorded, peers that wait for it are told, a restart is planned by its policy. */
void compartment_stop(uint32_t number, const struct compartment_fault *fault);
/* Ends a kernel call: code into r0, compartment ready again. */
void compartment_resume(uint32_t number, uint32_t code);
/* Blocks the current compartment in state until a deadline, timeout_ms from now; 0: for ever. */
void compartment_block(uint32_t number, enum compartment_state state, uint32_t timeout_ms);
/* Processor time since the last call goes to whom the processor worked for. From the switch, before it picks. */
void compartment_charge(void);
/* Time has come: time-outs, restarts, budgets, deadlines. inside: the tick came while the current thread was inside the
 * secure world, where it must not be stopped. */
void compartment_tick(bool inside);
/* KERNEL_CALL_START */
void compartment_tell_start(uint32_t number, uint32_t start_address);

/* Does the memory belong to the compartment: RAM to write, RAM or code to read? Empty ranges do. */
bool compartment_may_read(uint32_t number, uint32_t address, uint32_t size_bytes);
bool compartment_may_write(uint32_t number, uint32_t address, uint32_t size_bytes);

#endif
