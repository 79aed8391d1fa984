/* Reset handler and vector table of the ROM. The ROM takes no interrupt; whatever exception comes, the watchdog ends
 * it. */
#include <stdint.h>

#include "base/ensure.h"
#include "device/rom/rom.h"

extern uint32_t rom_bss_start[];
extern uint32_t rom_bss_end[];
extern uint32_t rom_stack_limit[];
extern uint32_t rom_stack_top[];

void rom_reset_handler(void);

/* RAM keeps its contents over a reset, so nothing of it is taken as it is. */
__attribute__((noreturn)) void rom_reset_handler(void)
{
    __asm volatile("msr msplim, %0" ::"r"(rom_stack_limit));
    for (volatile uint32_t *word = rom_bss_start; word < rom_bss_end; word++) {
        *word = 0;
    }
    rom_boot();
}

__attribute__((noreturn)) static void wait_for_watchdog(void)
{
    for (;;) {
    }
}

void ensure_failed(const char *file, uint32_t line)
{
    (void)file;
    (void)line;
    wait_for_watchdog();
}

#define VECTOR_COUNT 16

__attribute__((section(".vectors"), used)) static const uintptr_t vectors[VECTOR_COUNT] = {
    (uintptr_t)rom_stack_top,     (uintptr_t)rom_reset_handler, (uintptr_t)wait_for_watchdog,
    (uintptr_t)wait_for_watchdog, (uintptr_t)wait_for_watchdog, (uintptr_t)wait_for_watchdog,
    (uintptr_t)wait_for_watchdog, (uintptr_t)wait_for_watchdog,
};
