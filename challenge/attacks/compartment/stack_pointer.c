/* Points its stack at memory of others, then lets the hardware push a frame there, by a kernel call (T-08). */
#include "challenge/attacks/compartment/attack.h"

void compartment_main(void)
{
    attack_announce();
    __asm volatile("ldr r0, =attack_address + 64\n"
                   "mov sp, r0\n"
                   "movs r0, #1\n"
                   "svc 0\n"
                   "b attack_stack_survived\n"
                   ".ltorg");
}

__attribute__((used)) void attack_stack_survived(void);
void attack_stack_survived(void)
{
    static uint8_t __attribute__((aligned(8))) stack[512];
    __asm volatile("mov sp, %0\n bl attack_survived_here" : : "r"(stack + sizeof stack));
}

__attribute__((used)) void attack_survived_here(void);
void attack_survived_here(void)
{
    attack_survived();
}
