/* Branches where it may not: the monitor's veneer, secure code behind it, the kernel, its own data (T-08, T-10, T-11). */
#include "challenge/attacks/compartment/attack.h"

typedef uint32_t function(uint32_t, uint32_t);

void compartment_main(void)
{
    attack_announce();
    ((function *)((uintptr_t)attack_address | 1u))(MONITOR_CALL_RESET, 0);
    attack_survived();
}
