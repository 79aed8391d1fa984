/* Check of a table of compartments. Its numbers become MPU regions, so each is held against the area that its image may
 * use, and against every other compartment.
 * source  device/abi/system_table.h; threat T-08 */
#ifndef DEVICE_KERNEL_SYSTEM_TABLE_H
#define DEVICE_KERNEL_SYSTEM_TABLE_H

#include "base/error.h"
#include "base/span.h"
#include "device/abi/system_table.h"

#include <stddef.h>

/* What compartments of one image may be given. */
struct system_limits {
    struct system_range code;       /* area of the image */
    struct system_range ram;
    uint32_t number_first;          /* compartment numbers */
    uint32_t number_count;
    const struct system_range *peripherals; /* pages that may be handed out */
    size_t peripheral_count;
    uint32_t monitor_calls;         /* bit n: enum monitor_call n may be handed out */
    uint32_t share_permille;        /* of the processor's time, for all compartments of the image together */
    uint32_t interrupt;             /* the one interrupt that may be handed out, or SYSTEM_NO_INTERRUPT */
};

/* Reads the table at the start of image into entries, by number; entries of other numbers are left as they are.
 * present    bit n: entries[n] is filled, in this call or before; written only on success
 * endpoints  what stands behind the compartments, checked: struct system_endpoint without gaps; borrowed from image;
 *            written only on success
 * errors     KERNEL_SYSTEM */
MUST_USE struct error system_table_read(struct span image, const struct system_limits *limits,
                                        struct system_compartment entries[SYSTEM_COMPARTMENT_COUNT_MAX],
                                        uint32_t *present, struct span *endpoints);

#endif
