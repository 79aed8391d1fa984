/* Writes memory that it did not declare, its own code among it (T-08, T-23). */
#include "challenge/attacks/compartment/attack.h"

void compartment_main(void)
{
    attack_announce();
    attack_address[0] = 0;
    attack_survived();
}
