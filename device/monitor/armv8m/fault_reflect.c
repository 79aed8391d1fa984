/* Faults that non-secure code causes. Any compartment can raise one (touch secure memory, jump past the veneer), so a
 * monitor that reset on them would hand every app a reboot button (threat T-11). They become a memory fault of the
 * non-secure world, whose kernel finds the culprit's frame and stops that compartment. */
#include "device/monitor/armv8m/armv8m.h"
#include "device/monitor/armv8m/registers.h"
#include "device/monitor/monitor.h"

/* A breakpoint without a debugger becomes a hard fault, in any compartment that has one. A kernel that gives up raises
 * one as well, from privileged code, and means the reset. */
static bool is_compartments_hard_fault(uint32_t exception, uint32_t exc_return)
{
    uint32_t control;
    __asm volatile("mrs %0, control_ns" : "=r"(control));
    return exception == EXCEPTION_HARD_FAULT && (exc_return & EXC_RETURN_THREAD) != 0 &&
           (control & CONTROL_UNPRIVILEGED) != 0;
}

bool fault_reflect(uint32_t exception, uint32_t exc_return)
{
    if ((exc_return & EXC_RETURN_SECURE_STACK) != 0 ||
        (exception != EXCEPTION_SECURE_FAULT && exception != EXCEPTION_BUS_FAULT &&
         !is_compartments_hard_fault(exception, exc_return))) {
        return false;
    }
    monitor_count_fault(FAULT_REFLECTED);
    SFSR = 0xFF;
    CFSR = 0xFF00;
    HFSR = UINT32_MAX; /* written ones clear */
    fault_pend_nonsecure();
    return true;
}
