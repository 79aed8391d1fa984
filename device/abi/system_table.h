/* Table of compartments of an image, made by device/systems/compose.py from the image's system file, read by the kernel.
 * In the base image it stands behind the kernel (MEMORY_BASE_IMAGE_BASE + MEMORY_KERNEL_IMAGE_SIZE), in the app image at
 * the start of the app area. The kernel treats the numbers of both as untrusted: system_table_read.
 * Native layout, little-endian; compose.py packs exactly this. */
#ifndef DEVICE_ABI_SYSTEM_TABLE_H
#define DEVICE_ABI_SYSTEM_TABLE_H

#include <assert.h>
#include <stdint.h>

#define SYSTEM_MAGIC 0x54535953u /* "SYST" */
#define SYSTEM_LAYOUT 1
/* Compartment numbers are an interface between images: base has 0 to 7, the app 8 to 11. */
#define SYSTEM_COMPARTMENT_COUNT_MAX 12
#define SYSTEM_APP_FIRST 8
#define SYSTEM_NAME_SIZE_BYTES 16
#define SYSTEM_PERIPHERAL_COUNT_MAX 4
#define SYSTEM_NO_INTERRUPT 0xFFFFFFFFu
#define SYSTEM_PRIORITY_MAX 7
#define SYSTEM_ALIGNMENT 32

struct system_range {
    uint32_t base;
    uint32_t size_bytes;
};

struct system_compartment {
    char name[SYSTEM_NAME_SIZE_BYTES]; /* zero padded, at least one zero */
    uint32_t number;
    struct system_range code;  /* entry at its first byte; read-only data with it */
    struct system_range ram;   /* stack at its low end, so that an overflow meets the limit and not data */
    uint32_t stack_size_bytes;
    uint32_t priority;         /* 1 lowest to SYSTEM_PRIORITY_MAX */
    uint32_t interrupt;        /* external interrupt or SYSTEM_NO_INTERRUPT */
    uint32_t calls;            /* bit n: may call compartment n */
    uint32_t accepts;          /* bit n: may be called by compartment n */
    uint32_t monitor_calls;    /* bit n: may make enum monitor_call n */
    uint32_t restart_delay_ms; /* after the first fault; doubles with each further one */
    uint32_t restart_delay_max_ms;
    struct system_range peripherals[SYSTEM_PERIPHERAL_COUNT_MAX]; /* size 0: none */
};

struct system_header {
    uint32_t magic;
    uint32_t layout;
    uint32_t count;
    uint32_t size_bytes; /* header and entries */
};

static_assert(sizeof(struct system_header) == 16, "compose.py packs this");
static_assert(sizeof(struct system_compartment) == 100, "compose.py packs this");

#endif
