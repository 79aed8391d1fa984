/* What the non-secure world may address, as one table: the monitor programs the SAU from it, the board its memory and
 * peripheral controllers, so that the two cannot disagree (a range that one calls non-secure and the other secure would
 * pass pointer checks and then fault).
 * source  DESIGN 4; threat T-23 */
#ifndef DEVICE_HAL_PARTITION_H
#define DEVICE_HAL_PARTITION_H

#include <stddef.h>
#include <stdint.h>

enum partition_kind {
    PARTITION_MEMORY = 1,     /* RAM of the non-secure world */
    PARTITION_PERIPHERAL = 2, /* peripheral, for privileged and unprivileged code: the kernel's MPU decides further */
    PARTITION_VENEER = 3,     /* secure memory that the non-secure world may call into */
};

struct partition_region {
    enum partition_kind kind;
    uint32_t base;
    uint32_t size_bytes; /* multiple of 32 */
};

#define PARTITION_REGION_COUNT_MAX 8 /* regions of the smallest SAU */

extern const struct partition_region hal_partition_regions[];
extern const size_t hal_partition_region_count;

/* Programs the board's memory and peripheral controllers from the table and assigns the interrupts of the non-secure
 * world; everything else stays secure. Called once, before the SAU is switched on. */
void hal_partition_apply(void);

#endif
