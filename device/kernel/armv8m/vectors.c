/* Vector table and first instructions of the base image. */
#include "device/kernel/kernel.h"

#include <stdint.h>

typedef void handler(void);

void reset_handler(void);
void fault_handler(void);
void svc_handler(void);
void pendsv_handler(void);
void tick_handler(void);
void interrupt_handler(void);

extern uint32_t kernel_stack_top[];

#define INTERRUPT_4 interrupt_handler, interrupt_handler, interrupt_handler, interrupt_handler
#define INTERRUPT_32 INTERRUPT_4, INTERRUPT_4, INTERRUPT_4, INTERRUPT_4, INTERRUPT_4, INTERRUPT_4, INTERRUPT_4, \
                     INTERRUPT_4

struct vector_table {
    uint32_t *main_stack;
    handler *handlers[15 + 96];
};

/* NMI, HardFault, BusFault and SecureFault are the monitor's. */
__attribute__((section(".vectors"), used)) const struct vector_table kernel_vectors = {
    kernel_stack_top,
    {reset_handler, kernel_panic, kernel_panic, fault_handler, kernel_panic, fault_handler, kernel_panic, kernel_panic,
     kernel_panic, kernel_panic, svc_handler, kernel_panic, kernel_panic, pendsv_handler, tick_handler, INTERRUPT_32,
     INTERRUPT_32, INTERRUPT_32},
};

__attribute__((naked)) void reset_handler(void)
{
    __asm volatile("ldr r0, =kernel_stack_limit\n"
                   "msr msplim, r0\n"
                   "ldr r0, =kernel_data_start\n"
                   "ldr r1, =kernel_data_end\n"
                   "ldr r2, =kernel_data_load\n"
                   "1: cmp r0, r1\n"
                   "ittt lo\n"
                   "ldrlo r3, [r2], #4\n"
                   "strlo r3, [r0], #4\n"
                   "blo 1b\n"
                   "ldr r0, =kernel_bss_start\n"
                   "ldr r1, =kernel_bss_end\n"
                   "movs r3, #0\n"
                   "2: cmp r0, r1\n"
                   "itt lo\n"
                   "strlo r3, [r0], #4\n"
                   "blo 2b\n"
                   "b kernel_main\n"
                   ".ltorg\n");
}

/* An undefined instruction with faults masked becomes a hard fault, which is the monitor's: it resets the device. */
void kernel_panic(void)
{
    __asm volatile("cpsid f");
    for (;;) {
        __asm volatile("udf #0");
    }
}
