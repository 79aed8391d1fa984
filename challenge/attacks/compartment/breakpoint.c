/* Stops at a breakpoint with no debugger there: with the debug monitor off the processor makes a hard fault of it, which
 * is the secure world's (T-11). */
#include "challenge/attacks/compartment/attack.h"

void compartment_main(void)
{
    attack_announce();
    __asm volatile("bkpt #0");
    attack_survived();
}
