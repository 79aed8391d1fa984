/* What an unprivileged thread may touch: its regions and nothing else (threat T-08). */
#include "device/kernel/armv8m/registers.h"
#include "device/kernel/processor.h"

void processor_regions_load(const struct thread *thread)
{
    volatile struct thread_region *alias = (volatile struct thread_region *)(uintptr_t)MPU_RBAR_ALIAS;
    MPU_CTRL = 0;
    for (uint32_t half = 0; half < THREAD_MPU_REGION_COUNT; half += 4) {
        MPU_RNR = half;
        for (uint32_t index = 0; index < 4; index++) {
            alias[index] = thread->regions[half + index];
        }
    }
    MPU_CTRL = MPU_CTRL_ENABLE;
    __asm volatile("dsb");
}
