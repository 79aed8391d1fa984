/* Table of compartments of an image, made by device/systems/compose.py from the image's system file, read by the kernel.
 * In the base image it stands behind the kernel (MEMORY_BASE_IMAGE_BASE + MEMORY_KERNEL_IMAGE_SIZE), in the app image at
 * the start of the app area. The kernel treats the numbers of both as untrusted: system_table_read.
 * Native layout, little-endian; compose.py packs exactly this. */
#ifndef DEVICE_ABI_SYSTEM_TABLE_H
#define DEVICE_ABI_SYSTEM_TABLE_H

#include <assert.h>
#include <stdint.h>

#define SYSTEM_MAGIC 0x54535953u /* "SYST" */
#define SYSTEM_LAYOUT 3
/* Compartment numbers are an interface between images: base has 0 to 7, the app 8 to 11. */
#define SYSTEM_COMPARTMENT_COUNT_MAX 12
#define SYSTEM_APP_FIRST 8
#define SYSTEM_NAME_SIZE_BYTES 16
#define SYSTEM_PERIPHERAL_COUNT_MAX 4
#define SYSTEM_NO_INTERRUPT 0xFFFFFFFFu
#define SYSTEM_PRIORITY_MAX 7
#define SYSTEM_ALIGNMENT 32
/* Processor time: a budget in every period. What one image declares together is limited, so that base always gets its
 * part whatever an owner's app declares, and a rest is left for what the kernel does for nobody in particular. */
#define SYSTEM_BUDGET_US_MIN 100u
#define SYSTEM_BUDGET_US_MAX 100000u
#define SYSTEM_PERIOD_MS_MAX 1000u
#define SYSTEM_SHARE_BASE_PERMILLE 450u
#define SYSTEM_SHARE_APP_PERMILLE 500u
#define SYSTEM_TIME_MS_MAX 3600000u
/* Of one image. */
#define SYSTEM_ENDPOINT_COUNT_MAX 16

struct system_range {
    uint32_t base;
    uint32_t size_bytes;
};

/* What happens to a compartment that has used its budget before its period ends. */
enum system_over_budget {
    SYSTEM_OVER_BUDGET_WAIT = 0,       /* runs again in its next period */
    SYSTEM_OVER_BUDGET_BACKGROUND = 1, /* runs when nobody within his budget wants to */
    SYSTEM_OVER_BUDGET_FAULT = 2,      /* is stopped */
};

enum system_restart_state {
    SYSTEM_RESTART_FRESH = 0, /* starts as after a reset of the device */
    SYSTEM_RESTART_KEEP = 1,  /* finds its section ".kept" as it left it (device/runtime/runtime.h) */
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
    uint32_t restart_limit;    /* with more faults than this within the window it stays down; 0: never */
    uint32_t restart_window_ms; /* counted from the first of them */
    uint32_t restart_state;    /* enum system_restart_state */
    uint32_t budget_us;        /* of processor time in every period; the monitor's time for its calls counts */
    uint32_t period_ms;
    uint32_t over_budget;      /* enum system_over_budget */
    /* Longest activation: from its start, or the return of a receive or a sleep, to its next receive or sleep of more than
     * 0 ms. Time in calls to others and to the monitor counts. More is a fault; 0: no limit. */
    uint32_t deadline_ms;
    uint32_t answer_ms;        /* longest from receiving a message to its reply. More is a fault; 0: no limit */
    struct system_range peripherals[SYSTEM_PERIPHERAL_COUNT_MAX]; /* size 0: none */
};

enum system_endpoint_kind {
    SYSTEM_ENDPOINT_TLS = 1,    /* the compartment may connect there, and speak TLS */
    SYSTEM_ENDPOINT_PLAIN = 2,  /* the same, and speak what it likes */
    SYSTEM_ENDPOINT_LISTEN = 3, /* the compartment may serve this port of the device */
};

/* What a compartment may reach of the network. All of an image follow its compartments. */
struct system_endpoint {
    uint8_t compartment;
    uint8_t kind;     /* enum system_endpoint_kind */
    uint16_t port;
    uint32_t address; /* IPv4, 10.0.2.100 as 0x0A000264; 0 of a port that it serves */
};

struct system_header {
    uint32_t magic;
    uint32_t layout;
    uint32_t count;
    uint32_t endpoint_count;
    uint32_t size_bytes; /* header, compartments and endpoints */
};

static_assert(sizeof(struct system_header) == 20, "compose.py packs this");
static_assert(sizeof(struct system_endpoint) == 8, "compose.py packs this");
static_assert(sizeof(struct system_compartment) == 132, "compose.py packs this");

#endif
