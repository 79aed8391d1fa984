/* Asks the kernel to read memory of others on its behalf, as the text of a line (T-08). */
#include "challenge/attacks/compartment/attack.h"

void compartment_main(void)
{
    attack_announce();
    register uint32_t r0 __asm("r0") = KERNEL_CALL_LOG;
    register const volatile uint32_t *r1 __asm("r1") = attack_address;
    register uint32_t r2 __asm("r2") = 32;
    __asm volatile("svc 0" : "+r"(r0) : "r"(r1), "r"(r2) : "memory");
    if (r0 != ERROR_CODE_KERNEL_ARGUMENT) {
        attack_survived();
    }
    runtime_fail(1);
}
