/* Takes all the processor time there is, at the highest priority (T-26). */
#include "challenge/attacks/compartment/attack.h"

void compartment_main(void)
{
    runtime_log("start");
    for (;;) {
        __asm volatile("");
    }
}
