/* Spins on the veneer while the kernel's thread is pre-empted inside the monitor: if the kernel resumes the wrong one of
 * them, this code goes on with the kernel's privilege (T-10). It then marks the mailbox, which only the kernel can write. */
#include "challenge/attacks/compartment/attack.h"

#include "device/abi/memory_map.h"

#define ESCALATED 0x45534341u
#define CONTROL_UNPRIVILEGED 1u

typedef uint32_t veneer(uint32_t, uint32_t);

void compartment_main(void)
{
    for (;;) {
        ((veneer *)(uintptr_t)(MEMORY_MONITOR_VENEER_BASE | 1u))(0, 0);
        uint32_t control;
        __asm volatile("mrs %0, control" : "=r"(control));
        if ((control & CONTROL_UNPRIVILEGED) == 0) {
            ((volatile struct monitor_mailbox *)(uintptr_t)MEMORY_MAILBOX_BASE)->reserved[0] = ESCALATED;
        }
    }
}
