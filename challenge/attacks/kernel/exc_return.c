/* Returns from a handler with a forged EXC_RETURN value: into the secure world while no call is pre-empted there, with
 * reserved bits, to handler mode (T-09, T-11). It must fault here or end the boot; secure code must not run on. */
#include "challenge/attacks/kernel/hostile.h"

void hostile_tick(void)
{
}

/* Given by the linker. */
extern const uint8_t forged_exc_return[];

__attribute__((naked)) void hostile_svc(void)
{
    __asm volatile("ldr r0, =forged_exc_return\n"
                   "bx r0\n"
                   ".ltorg\n");
}

static void attempt(uint32_t argument)
{
    (void)argument;
    __asm volatile("svc 0" : : : "memory");
}

void hostile_main(void)
{
    hostile_log("forging", (uint32_t)(uintptr_t)forged_exc_return);
    bool came_back = hostile_try(attempt, 0);
    hostile_log(came_back ? "returned" : "faulted", hostile_faults());
    hostile_log("alive", hostile_monitor(MONITOR_CALL_IDENTITY, 0));
}
