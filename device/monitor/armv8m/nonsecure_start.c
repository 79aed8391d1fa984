#include "device/monitor/armv8m/armv8m.h"
#include "device/monitor/armv8m/registers.h"

extern uint32_t monitor_main_stack_top[];
extern uint32_t monitor_call_stack_top[];

/* No frame stays behind on either stack: calls come in on an empty, sealed process stack, handlers on an empty, sealed
 * main stack. Every register is cleared. */
__attribute__((naked, noreturn)) static void leave(uint32_t main_stack, uint32_t entry, uint32_t secure_main_stack,
                                                   uint32_t secure_call_stack)
{
    (void)main_stack;
    (void)entry;
    (void)secure_main_stack;
    (void)secure_call_stack;
    __asm volatile("msr msp_ns, r0\n"
                   "msr psp, r3\n"
                   "msr msp, r2\n"
                   "bic r1, r1, #1\n"
                   "mov lr, r1\n"
                   "movs r0, #0\n"
                   "msr control_ns, r0\n"
                   "msr psp_ns, r0\n"
                   "msr psplim_ns, r0\n"
                   "msr msplim_ns, r0\n"
                   "isb\n"
                   "mov r2, r0\n mov r3, r0\n mov r4, r0\n mov r5, r0\n mov r6, r0\n mov r7, r0\n"
                   "mov r8, r0\n mov r9, r0\n mov r10, r0\n mov r11, r0\n mov r12, r0\n"
                   "msr apsr_nzcvq, r0\n"
                   "bxns r1\n");
}

void nonsecure_start(uint32_t vector_table)
{
    monitor_main_stack_top[0] = STACK_SEAL;
    monitor_main_stack_top[1] = STACK_SEAL;
    monitor_call_stack_top[0] = STACK_SEAL;
    monitor_call_stack_top[1] = STACK_SEAL;
    VTOR_NS = vector_table;
    const volatile uint32_t *vectors = (const volatile uint32_t *)(uintptr_t)vector_table;
    leave(vectors[0], vectors[1], (uint32_t)(uintptr_t)monitor_main_stack_top,
          (uint32_t)(uintptr_t)monitor_call_stack_top);
}
