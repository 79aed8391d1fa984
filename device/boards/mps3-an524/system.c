/* Reset, uptime and the jump from ROM to monitor. */
#include "device/hal/system.h"

#include "device/abi/memory_map.h"
#include "device/boards/mps3-an524/registers.h"

#define SYSTEM_CONTROL_BASE 0xE000ED00u
#define SYSTEM_AIRCR 0x0Cu
#define SYSTEM_AIRCR_RESET 0x05FA0004u

/* 32.768 kHz down counter, secure alias. It wraps after 36 hours, and the monitor's uptime cap is 24. */
#define SLOW_TIMER_BASE 0x5002F000u
#define SLOW_TIMER_CONTROL 0x00u
#define SLOW_TIMER_VALUE 0x04u
#define SLOW_TIMER_RELOAD 0x08u
#define SLOW_TIMER_CONTROL_ENABLE 1u

#define TEXT_OF(number) #number
#define TEXT(number) TEXT_OF(number)

void hal_system_reset(void)
{
    __asm volatile("dsb" ::: "memory");
    *register_at(SYSTEM_CONTROL_BASE, SYSTEM_AIRCR) = SYSTEM_AIRCR_RESET;
    __asm volatile("dsb" ::: "memory");
    for (;;) {
    }
}

uint32_t hal_system_uptime_ms(void)
{
    if (*register_at(SLOW_TIMER_BASE, SLOW_TIMER_CONTROL) == 0) {
        *register_at(SLOW_TIMER_BASE, SLOW_TIMER_RELOAD) = UINT32_MAX;
        *register_at(SLOW_TIMER_BASE, SLOW_TIMER_VALUE) = UINT32_MAX;
        *register_at(SLOW_TIMER_BASE, SLOW_TIMER_CONTROL) = SLOW_TIMER_CONTROL_ENABLE;
    }
    uint32_t tick_count = UINT32_MAX - *register_at(SLOW_TIMER_BASE, SLOW_TIMER_VALUE);
    /* 32768 ticks in 1000 ms. */
    return (uint32_t)((uint64_t)tick_count * 125u >> 12);
}

/* In assembly, because it wipes the stack that it would stand on. r0 is the image: its vector table begins with stack
 * and entry. What is left in registers is the entry address (threat T-03). */
__attribute__((naked)) void hal_system_start_monitor(__attribute__((unused)) uintptr_t image_base)
{
    __asm volatile("    ldr r1, =0xE000ED08       \n" /* VTOR */
                   "    str r0, [r1]              \n"
                   "    ldr r4, [r0]              \n"
                   "    ldr r5, [r0, #4]          \n"
                   "    movs r1, #0               \n"
                   "    msr msplim, r1            \n"
                   "    ldr r2, =" TEXT(MEMORY_ROM_RAM_BASE) "\n"
                   "    ldr r3, =" TEXT(MEMORY_ROM_RAM_BASE) " + " TEXT(MEMORY_ROM_RAM_SIZE) "\n"
                   "1:  str r1, [r2], #4          \n"
                   "    cmp r2, r3                \n"
                   "    blo 1b                    \n"
                   "    msr msp, r4               \n"
                   "    msr psp, r1               \n"
                   "    mov r0, r1                \n"
                   "    mov r2, r1                \n"
                   "    mov r3, r1                \n"
                   "    mov r4, r1                \n"
                   "    mov r6, r1                \n"
                   "    mov r7, r1                \n"
                   "    mov r8, r1                \n"
                   "    mov r9, r1                \n"
                   "    mov r10, r1               \n"
                   "    mov r11, r1               \n"
                   "    mov r12, r1               \n"
                   "    mov lr, r1                \n"
                   "    msr apsr_nzcvq, r1        \n"
                   "    dsb                       \n"
                   "    isb                       \n"
                   "    bx r5                     \n"
                   "    .ltorg                    \n");
}
