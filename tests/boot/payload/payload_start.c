/* Start-up of an image that stands in the monitor's place. */
#include <stdint.h>

#include "base/ensure.h"
#include "tests/boot/payload/payload.h"

extern uint32_t payload_bss_start[];
extern uint32_t payload_bss_end[];
extern uint32_t payload_stack_top[];

void payload_reset_handler(void);

__attribute__((noreturn)) void payload_reset_handler(void)
{
    for (volatile uint32_t *word = payload_bss_start; word < payload_bss_end; word++) {
        *word = 0;
    }
    payload_main();
}

__attribute__((noreturn)) static void stay(void)
{
    for (;;) {
    }
}

void ensure_failed(const char *file, uint32_t line)
{
    (void)file;
    (void)line;
    stay();
}

#define VECTOR_COUNT 16

__attribute__((section(".vectors"), used)) static const uintptr_t vectors[VECTOR_COUNT] = {
    (uintptr_t)payload_stack_top, (uintptr_t)payload_reset_handler, (uintptr_t)stay, (uintptr_t)stay,
    (uintptr_t)stay,              (uintptr_t)stay,                  (uintptr_t)stay, (uintptr_t)stay,
};
