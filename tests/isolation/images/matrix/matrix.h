/* What the matrix's kernel, its probe and matrix.py agree on. */
#ifndef TESTS_ISOLATION_IMAGES_MATRIX_MATRIX_H
#define TESTS_ISOLATION_IMAGES_MATRIX_MATRIX_H

#include "device/abi/memory_map.h"
#include "device/abi/system_table.h"

#include <stdint.h>

enum matrix_operation {
    MATRIX_READ = 0,      /* a word at the argument */
    MATRIX_WRITE = 1,     /* zero there */
    MATRIX_EXECUTE = 2,   /* branches there */
    MATRIX_CALL = 3,      /* a message to the compartment */
    MATRIX_MONITOR = 4,   /* the monitor call, with one byte, which none of them takes */
    MATRIX_CONNECT = 5,   /* through net: IPv4 address, port */
    MATRIX_LISTEN = 6,    /* through net: port */
    MATRIX_KERNEL = 7,    /* the kernel call */
};

/* The probe ends by stopping its compartment with the code of the error, or this. */
#define MATRIX_DONE 1u

struct matrix_try {
    uint8_t number;       /* compartment */
    uint8_t operation;
    uint16_t second;
    uint32_t argument;
    uint32_t cause;       /* out: of the fault that ended it */
};

#define MATRIX_PLAN_SIZE_BYTES 0x6000
#define MATRIX_PLAN_ADDRESS (MEMORY_APP_RAM_BASE + MEMORY_APP_RAM_SIZE - MATRIX_PLAN_SIZE_BYTES)

struct matrix_plan {
    uint32_t count;
    uint32_t done; /* out */
    uint32_t entries[SYSTEM_COMPARTMENT_COUNT_MAX]; /* of each compartment's probe */
    struct matrix_try tries[];
};

#endif
