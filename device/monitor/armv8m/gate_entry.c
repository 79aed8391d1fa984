/* The veneer's target: the first and the last instructions of a call. */
#include "device/abi/monitor_call.h"
#include "device/monitor/armv8m/armv8m.h"

/* The caller chooses the return address, and a magic one (0xFE000000 and above) is not an address to the processor: the
 * gate's own bxns would be a function return over the secure stack, or run on in the secure world at a place where
 * nothing is, and the fault would be the monitor's. Such a call returns to where no world may execute, so that the fault
 * is the caller's (threat T-11). Every register that the caller could read is cleared on the way out. */
__attribute__((cmse_nonsecure_entry, naked, used)) uint32_t monitor_call(uint32_t number, uint32_t size_in_bytes)
{
    (void)number;
    (void)size_in_bytes;
    __asm volatile("cmp lr, #0xFE000000\n"
                   "itt hs\n"
                   "movwhs lr, #0xE000\n"
                   "movths lr, #0xE000\n"
                   "push {r4, lr}\n"
                   "bl gate_call\n"
                   "pop {r4, lr}\n"
                   "movs r1, #0\n"
                   "mov r2, r1\n"
                   "mov r3, r1\n"
                   "mov r12, r1\n"
                   "msr apsr_nzcvq, r1\n"
                   "bxns lr\n");
}
