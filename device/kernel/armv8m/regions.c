/* What an unprivileged thread may touch: its regions and nothing else (threat T-08). */
#include "device/kernel/armv8m/registers.h"
#include "device/kernel/processor.h"

void processor_regions_load(const struct thread *thread)
{
    const struct thread_region *regions = thread->regions;
    MPU_CTRL = 0;
    for (uint32_t half = 0; half < THREAD_MPU_REGION_COUNT; half += 4) {
        MPU_RNR = half;
        /* Four regions in two instructions: this is a good part of what a switch costs. */
        __asm volatile("ldmia %0!, {r2-r6, r8, r9, r12}\n"
                       "stmia %1, {r2-r6, r8, r9, r12}\n"
                       : "+r"(regions)
                       : "r"(MPU_RBAR_ALIAS)
                       : "r2", "r3", "r4", "r5", "r6", "r8", "r9", "r12", "memory");
    }
    MPU_CTRL = MPU_CTRL_ENABLE;
    __asm volatile("dsb");
}
