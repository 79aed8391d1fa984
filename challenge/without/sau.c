/* Without a region for each peripheral (T-23): one over all of them, secure controllers among them. */
#include "device/hal/partition.h"
#include "device/monitor/armv8m/armv8m.h"
#include "device/monitor/armv8m/registers.h"

void sau_apply(void)
{
    for (size_t index = 0; index < hal_partition_region_count; index++) {
        const struct partition_region *region = &hal_partition_regions[index];
        if (region->kind == PARTITION_VENEER) {
            SAU_RNR = (uint32_t)index;
            SAU_RBAR = region->base;
            SAU_RLAR = (region->base + region->size_bytes - 32) | SAU_RLAR_NSC | SAU_RLAR_ENABLE;
        }
    }
    /* A region over everything below the secure alias of peripherals, instead of one for each that is meant. */
    SAU_RNR = 7;
    SAU_RBAR = 0x40000000;
    SAU_RLAR = 0x4FFFFFE0u | SAU_RLAR_ENABLE;
    SAU_RNR = 6;
    SAU_RBAR = 0x28000000;
    SAU_RLAR = 0x2807FFE0u | SAU_RLAR_ENABLE;
    SAU_CTRL = 1;
    __asm volatile("dsb\n isb");
}
