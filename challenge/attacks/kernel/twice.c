/* Calls the monitor while a call of its own is pre-empted inside it (T-09): the tick leaves to a second thread, which
 * calls; its supervisor call brings the first one back. */
#include "challenge/attacks/kernel/hostile.h"

#define FRAME_PC 6
#define FRAME_XPSR 7
#define FRAME_WORDS 8
#define SECOND_STACK_WORDS 256

void second_thread(void);
uint32_t second_frame(void);

static uint32_t __attribute__((aligned(8))) second_stack[SECOND_STACK_WORDS];
static volatile uint32_t second_result;
__attribute__((used)) static volatile uint32_t armed;
__attribute__((used)) static uint32_t first_stack_pointer;
__attribute__((used)) static uint32_t first_exc_return;

__attribute__((used)) void second_thread(void)
{
    second_result = hostile_monitor(MONITOR_CALL_OPERATIONAL_SIGN, 32);
    __asm volatile("svc 0");
    for (;;) {
    }
}

__attribute__((used)) uint32_t second_frame(void)
{
    uint32_t *frame = second_stack + SECOND_STACK_WORDS - FRAME_WORDS;
    frame[FRAME_PC] = (uint32_t)(uintptr_t)second_thread & ~1u;
    frame[FRAME_XPSR] = 0x01000000u;
    return (uint32_t)(uintptr_t)frame;
}

/* Only once, and only while the first call is inside the secure world (EXC_RETURN.S). */
__attribute__((naked)) void hostile_tick(void)
{
    __asm volatile("tst lr, #0x40\n"
                   "beq 1f\n"
                   "ldr r0, =armed\n"
                   "ldr r1, [r0]\n"
                   "cbz r1, 1f\n"
                   "movs r1, #0\n"
                   "str r1, [r0]\n"
                   "ldr r1, =first_exc_return\n"
                   "str lr, [r1]\n"
                   "mrs r2, psp\n"
                   "ldr r1, =first_stack_pointer\n"
                   "str r2, [r1]\n"
                   "bl second_frame\n"
                   "msr psp, r0\n"
                   "ldr r0, =0xFFFFFFBC\n" /* non-secure thread on its process stack */
                   "bx r0\n"
                   "1: bx lr\n"
                   ".ltorg\n");
}

__attribute__((naked)) void hostile_svc(void)
{
    __asm volatile("ldr r1, =first_stack_pointer\n"
                   "ldr r2, [r1]\n"
                   "msr psp, r2\n"
                   "ldr r1, =first_exc_return\n"
                   "ldr r0, [r1]\n"
                   "bx r0\n"
                   ".ltorg\n");
}

void hostile_main(void)
{
    armed = 1;
    hostile_tick_start(20000);
    uint32_t first_result = hostile_monitor(MONITOR_CALL_OPERATIONAL_SIGN, 32);
    hostile_tick_stop();
    hostile_log("armed", armed);
    hostile_log("first", first_result);
    hostile_log("second", second_result);
    hostile_log("faults", hostile_faults());
}
