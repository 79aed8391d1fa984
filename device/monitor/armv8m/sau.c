#include "base/ensure.h"
#include "device/hal/partition.h"
#include "device/monitor/armv8m/armv8m.h"
#include "device/monitor/armv8m/registers.h"

void sau_apply(void)
{
    ENSURE(hal_partition_region_count <= (SAU_TYPE & 0xFFu));
    for (size_t index = 0; index < hal_partition_region_count; index++) {
        const struct partition_region *region = &hal_partition_regions[index];
        ENSURE(region->base % 32 == 0 && region->size_bytes % 32 == 0 && region->size_bytes != 0);
        SAU_RNR = (uint32_t)index;
        SAU_RBAR = region->base;
        SAU_RLAR = (region->base + region->size_bytes - 32) |
                   (region->kind == PARTITION_VENEER ? SAU_RLAR_NSC : 0u) | SAU_RLAR_ENABLE;
    }
    SAU_CTRL = 1; /* everything else is secure */
    __asm volatile("dsb\n isb");
}
