/* Recovery of a pre-empted call whose frame a compartment took apart. */
#include "device/monitor/armv8m/armv8m.h"
#include "device/monitor/armv8m/registers.h"
#include "device/monitor/monitor.h"

#define FRAME_WORDS 8
#define FRAME_PC 6
#define FRAME_XPSR 7
#define XPSR_THUMB 0x01000000u

void fault_eject(void);

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
bool fault_return_recover(uint32_t exception, uint32_t exc_return)
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
