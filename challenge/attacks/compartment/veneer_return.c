/* Enters the veneer with a magic value as its return address: the gate's own return would be a function or exception
 * return of the secure world, and fail there (T-11). */
#include "challenge/attacks/compartment/attack.h"

#include "device/abi/memory_map.h"

void compartment_main(void)
{
    attack_announce();
    __asm volatile("movs r0, #0\n"
                   "movs r1, #0\n"
                   "ldr lr, =attack_address\n"
                   "bx %0\n"
                   ".ltorg" : : "r"(MEMORY_MONITOR_VENEER_BASE | 1u));
    __builtin_unreachable();
}
