/* Without memory protection between compartments (T-08): everything non-secure is open to unprivileged code. */
#include "device/kernel/armv8m/registers.h"
#include "device/kernel/processor.h"

void processor_regions_load(const struct thread *thread)
{
    static const uint32_t everything[] = {0x28000000u | MPU_RBAR_READ_WRITE, 0x2807FFE0u | MPU_RLAR_ENABLE,
                                          0x40000000u | MPU_RBAR_READ_WRITE, 0x4FFFFFE0u | MPU_RLAR_ENABLE};
    (void)thread;
    MPU_RNR = 0;
    for (uint32_t index = 0; index < 4; index++) {
        REGISTER(MPU_RBAR_ALIAS + 4 * index) = everything[index];
    }
    MPU_CTRL = MPU_CTRL_ENABLE;
    __asm volatile("dsb");
}
