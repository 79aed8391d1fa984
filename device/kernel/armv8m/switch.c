/* The switch between threads, and the MPU. All handlers of the kernel have one priority: none interrupts another. */
#include "device/kernel/armv8m/registers.h"
#include "device/kernel/compartment.h"
#include "device/kernel/processor.h"
#include "device/kernel/schedule.h"

void pendsv_handler(void);
struct thread *switch_next(uint32_t inside);

void schedule_request(void)
{
    ICSR = ICSR_PENDSVSET;
}

__attribute__((used)) struct thread *switch_next(uint32_t inside)
{
    compartment_charge();
    struct thread *thread = schedule_next(inside != 0);
    processor_regions_load(thread);
    return thread;
}

/* Registers go into the thread's record and not below its stack pointer, which the thread itself has set. Of a thread
 * pre-empted inside the monitor they read as zero here: the hardware has moved them to the secure stack. */
__attribute__((naked)) void pendsv_handler(void)
{
    __asm volatile("ldr r2, =schedule_thread\n"
                   "ldr r2, [r2]\n"
                   "mrs r0, psp\n"
                   "stmia r2!, {r4-r11}\n"
                   "str r0, [r2]\n"
                   "str lr, [r2, #4]\n"
                   "ubfx r0, lr, #6, #1\n" /* EXC_RETURN.S: inside the secure world */
                   "bl switch_next\n"
                   "ldmia r0!, {r4-r11}\n"
                   "ldmia r0, {r1, r2, r3, r12}\n"
                   "msr psplim, r3\n"
                   "msr psp, r1\n"
                   "msr control, r12\n"
                   "isb\n"
                   "bx r2\n"
                   ".ltorg\n");
}
