/* Threads: one for each compartment, one that calls the monitor, one that idles. */
#ifndef DEVICE_KERNEL_THREAD_H
#define DEVICE_KERNEL_THREAD_H

#include "device/abi/system_table.h"

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define THREAD_MONITOR SYSTEM_COMPARTMENT_COUNT_MAX
#define THREAD_IDLE (SYSTEM_COMPARTMENT_COUNT_MAX + 1)
#define THREAD_COUNT (SYSTEM_COMPARTMENT_COUNT_MAX + 2)
#define THREAD_NONE THREAD_COUNT

#define THREAD_MPU_REGION_COUNT 8

/* What the switch saves and loads. armv8m/switch.c knows the offsets. */
struct thread_context {
    uint32_t r4_to_r11[8]; /* not of a thread inside the monitor: the hardware keeps them on the secure stack */
    uint32_t stack_pointer;
    uint32_t exc_return;
    uint32_t stack_limit;
    uint32_t control;
};

struct thread_region {
    uint32_t base_and_access;   /* RBAR */
    uint32_t limit_and_enable;  /* RLAR */
};

/* A compartment's own priority, 1 to SYSTEM_PRIORITY_MAX, counts from the background's. */
#define THREAD_PRIORITY_IDLE 0u
#define THREAD_PRIORITY_BACKGROUND 1u

struct thread {
    struct thread_context context;
    struct thread_region regions[THREAD_MPU_REGION_COUNT];
    uint32_t priority; /* higher runs first */
    uint32_t turn;     /* of equals the lowest runs: round robin */
    bool ready;
    bool held;         /* has used its time: waits for its next period */
    bool unprivileged;
    bool evicted;      /* found inside the monitor without the right to be: leaves it, faults, is stopped */
};

static_assert(offsetof(struct thread, context) == 0, "armv8m/switch.c takes a thread for its context");
static_assert(offsetof(struct thread_context, stack_pointer) == 32, "armv8m/switch.c");

extern struct thread threads[THREAD_COUNT];

#endif
