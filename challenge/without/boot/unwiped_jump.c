/* T-03 taken out: the ROM's RAM and the registers stay as they are. */
#define hal_system_start_monitor start_monitor_wiped
#include "device/boards/mps3-an524/system.c"
#undef hal_system_start_monitor

__attribute__((noreturn)) void hal_system_start_monitor(uintptr_t image_base);

void hal_system_start_monitor(uintptr_t image_base)
{
    const uint32_t *vectors = (const uint32_t *)image_base;
    *register_at(SYSTEM_CONTROL_BASE, 0x08u) = (uint32_t)image_base;
    __asm volatile("msr msplim, %2\n"
                   "msr msp, %0\n"
                   "bx %1\n" ::"r"(vectors[0]),
                   "r"(vectors[1]), "r"(0));
    __builtin_unreachable();
}
