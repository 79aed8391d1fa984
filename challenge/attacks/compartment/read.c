/* Reads memory that it did not declare: kernel, other compartments, mailbox, secure memory, flash, peripherals (T-08,
 * T-23). */
#include "challenge/attacks/compartment/attack.h"

void compartment_main(void)
{
    attack_announce();
    uint32_t word = attack_address[0];
    __asm volatile("" : : "r"(word));
    attack_survived();
}
