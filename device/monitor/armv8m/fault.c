/* Secure faults: reflected to the non-secure kernel when non-secure code caused them, otherwise the end of this boot. */
#include "base/ensure.h"
#include "base/span.h"
#include "device/hal/console.h"
#include "device/hal/system.h"
#include "device/monitor/armv8m/armv8m.h"
#include "device/monitor/armv8m/registers.h"
#include "device/monitor/monitor.h"

void fault_handler(void);
void fault_main(uint32_t exc_return);

void fault_pend_nonsecure(void)
{
    SHCSR_NS |= SHCSR_MEMFAULTPENDED;
    __asm volatile("dsb\n isb");
}

/* monitor: secure fault <exception> <CFSR> <HFSR> <SFSR>, for the developer: after it only the reset. */
static void fault_report(uint32_t exception)
{
    static const char text[] = "monitor: secure fault";
    const uint32_t words[] = {exception, CFSR, HFSR, SFSR};
    hal_console_write(span_of(text, sizeof text - 1));
    for (size_t index = 0; index < sizeof words / sizeof words[0]; index++) {
        uint8_t digits[9] = " ";
        for (size_t digit = 0; digit < 8; digit++) {
            digits[1 + digit] = (uint8_t)"0123456789abcdef"[(words[index] >> (28 - 4 * digit)) & 15];
        }
        hal_console_write(SPAN_OF(digits));
    }
    hal_console_write(span_of("\n", 1));
}

__attribute__((used)) void fault_main(uint32_t exc_return)
{
    uint32_t exception;
    __asm volatile("mrs %0, ipsr" : "=r"(exception));
    if (fault_reflect(exception, exc_return) || fault_return_recover(exception, exc_return)) {
        return;
    }
    fault_report(exception);
    hal_system_reset();
}

__attribute__((naked)) void fault_handler(void)
{
    __asm volatile("mov r0, lr\n"
                   "push {r0, lr}\n"
                   "bl fault_main\n"
                   "pop {r0, lr}\n"
                   "bx lr\n");
}
