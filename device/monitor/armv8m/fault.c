/* Secure faults: reflected to the non-secure kernel when non-secure code caused them, otherwise the end of this boot. */
#include "base/ensure.h"
#include "base/span.h"
#include "device/hal/console.h"
#include "device/hal/system.h"
#include "device/monitor/armv8m/armv8m.h"
#include "device/monitor/armv8m/registers.h"
#include "device/monitor/monitor.h"

#define FRAME_WORDS 8
#define FRAME_PC 6
#define FRAME_XPSR 7
#define XPSR_THUMB 0x01000000u

void fault_handler(void);
void fault_main(uint32_t exc_return);
void fault_eject(void);

void fault_pend_nonsecure(void)
{
    SHCSR_NS |= SHCSR_MEMFAULTPENDED;
    __asm volatile("dsb\n isb");
}

/* Runs in secure thread mode in place of a call that was never made, on the stack as the pre-empted call left it, and
 * sends the caller to an address that no world may execute. */
__attribute__((naked)) void fault_eject(void)
{
    __asm volatile("add sp, #24\n"
                   "movw r0, #0xE000\n"
                   "movt r0, #0xE000\n"
                   "mov lr, r0\n"
                   "bxns r0\n");
}

/* Non-secure code branched to FNC_RETURN while a call is pre-empted: the hardware popped the integrity signature of the
 * frame as if it were a return address, faulted on it and pushed a frame over the frame's first words. They are
 * restored, and an own frame below them leads to fault_eject: the pre-empted call goes on when its turn comes, the
 * culprit faults in the non-secure world (threat T-11). */
static bool function_return_recover(uint32_t exception, uint32_t exc_return)
{
    const uint32_t from_call = EXC_RETURN_SECURE_STACK | EXC_RETURN_THREAD | EXC_RETURN_PROCESS_STACK;
    if (exception != EXCEPTION_MEM_MANAGE || (exc_return & from_call) != from_call || CFSR != CFSR_IACCVIOL) {
        return false;
    }
    uint32_t *frame;
    __asm volatile("mrs %0, psp" : "=r"(frame));
    if (frame[FRAME_PC] != (INTEGRITY_SIGNATURE & ~1u)) {
        return false;
    }
    monitor_count_fault(FAULT_REFLECTED);
    CFSR = 0xFF;
    frame[FRAME_PC] = INTEGRITY_SIGNATURE;
    frame[FRAME_XPSR] = 0;
    uint32_t *eject = frame - FRAME_WORDS;
    for (int word = 0; word < FRAME_PC; word++) {
        eject[word] = 0;
    }
    eject[FRAME_PC] = (uint32_t)(uintptr_t)fault_eject & ~1u;
    eject[FRAME_XPSR] = XPSR_THUMB;
    __asm volatile("msr psp, %0" : : "r"(eject));
    return true;
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
    if (fault_reflect(exception, exc_return) || function_return_recover(exception, exc_return)) {
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
