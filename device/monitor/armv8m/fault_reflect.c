/* Faults that non-secure code causes. Any compartment can raise one (touch secure memory, jump past the veneer), so a
 * monitor that reset on them would hand every app a reboot button (threat T-11). They become a memory fault of the
 * non-secure world, whose kernel finds the culprit's frame and stops that compartment. */
#include "device/monitor/armv8m/armv8m.h"
#include "device/monitor/armv8m/registers.h"
#include "device/monitor/monitor.h"

bool fault_reflect(uint32_t exception, uint32_t exc_return)
{
    if ((exc_return & EXC_RETURN_SECURE_STACK) != 0 ||
        (exception != EXCEPTION_SECURE_FAULT && exception != EXCEPTION_BUS_FAULT)) {
        return false;
    }
    monitor_count_fault(FAULT_REFLECTED);
    SFSR = 0xFF;
    CFSR = 0xFF00;
    fault_pend_nonsecure();
    return true;
}
