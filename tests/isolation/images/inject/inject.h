/* What the fault injection's kernel, its compartments and test_faults.py agree on. */
#ifndef TESTS_ISOLATION_IMAGES_INJECT_INJECT_H
#define TESTS_ISOLATION_IMAGES_INJECT_INJECT_H

#include "device/abi/memory_map.h"
#include "device/abi/system_table.h"

#include <stdint.h>

enum inject_kind {
    INJECT_MEMORY = 0,     /* reads the kernel's memory */
    INJECT_UNDEFINED = 1,  /* no such instruction */
    INJECT_OVERFLOW = 2,   /* overflows its stack */
    INJECT_DIVIDE = 3,     /* divides by zero */
    INJECT_SECURE = 4,     /* reads secure memory */
    INJECT_UNALIGNED = 5,  /* loads two words from an odd address */
    INJECT_STATE = 6,      /* branches to an even address */
    INJECT_BREAKPOINT = 7,
    INJECT_FETCH = 8,      /* executes its own data */
    INJECT_EXIT = 9,
    INJECT_ASSERT = 10,
    INJECT_SPIN = 11,      /* deadline or budget, whichever is declared to end it first */
    INJECT_HOLD = 12,      /* takes messages and never answers */
    INJECT_BUS = 13,       /* reads in its own peripheral page where nothing answers */
    INJECT_KIND_COUNT = 14,
};

/* Loaded by the test to where the kernel's memory ends. */
#define INJECT_PLAN_ADDRESS (MEMORY_BASE_RAM_BASE + MEMORY_KERNEL_RAM_SIZE - 0x100)

struct inject_plan {
    uint32_t seed;
    uint32_t count;                                  /* faults to inject */
    uint32_t tables[SYSTEM_COMPARTMENT_COUNT_MAX];   /* addresses of each compartment's inject_table; 0: leave it alone */
    uint32_t kinds[SYSTEM_COMPARTMENT_COUNT_MAX];    /* bit n: enum inject_kind n */
    uint32_t done;                                   /* out */
};

/* In each compartment: where each kind of fault is committed. */
typedef void inject_function(void);
extern inject_function *const inject_table[INJECT_KIND_COUNT];

#endif
