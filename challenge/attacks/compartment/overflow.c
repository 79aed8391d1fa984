/* Overflows its stack (T-08). */
#include "challenge/attacks/compartment/attack.h"

void compartment_main(void)
{
    attack_announce();
    __asm volatile("1: push {r0-r7}\n b 1b");
}
