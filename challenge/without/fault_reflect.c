/* Without reflection (T-11): a secure fault ends the boot, whoever caused it. */
#include "device/monitor/armv8m/armv8m.h"

bool fault_reflect(uint32_t exception, uint32_t exc_return)
{
    (void)exception;
    (void)exc_return;
    return false;
}
