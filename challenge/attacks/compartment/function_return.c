/* Branches to FNC_RETURN, the address that returns from the secure world, at a moment that changes with every start: mostly
 * while a call of the kernel lies pre-empted on the secure stack, whose frame the hardware then takes apart (T-11). */
#include "challenge/attacks/compartment/attack.h"

void compartment_main(void)
{
    uint32_t time_ms = runtime_time_ms();
    for (volatile uint32_t count = (time_ms * 2654435761u) >> 20; count > 0; count--) {
    }
    __asm volatile("ldr r0, =0xFEFFFFFF\n bx r0\n .ltorg");
    attack_survived();
}
