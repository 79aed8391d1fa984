/* Vector table and first instructions of the monitor image. The ROM loads the main stack pointer from the table and
 * jumps to reset_handler with every other register cleared. */
#include "device/monitor/armv8m/armv8m.h"
#include "device/monitor/armv8m/registers.h"

typedef void handler(void);

void reset_handler(void);
void nmi_handler(void);
void fault_handler(void);
void tick_handler(void);
void unused_handler(void);

extern uint32_t monitor_main_stack_top[];

#define UNUSED_4 unused_handler, unused_handler, unused_handler, unused_handler
#define UNUSED_32 UNUSED_4, UNUSED_4, UNUSED_4, UNUSED_4, UNUSED_4, UNUSED_4, UNUSED_4, UNUSED_4

struct vector_table {
    uint32_t *main_stack;
    handler *handlers[15 + 96];
};

__attribute__((section(".vectors"), used)) const struct vector_table monitor_vectors = {
    monitor_main_stack_top,
    {reset_handler, nmi_handler, fault_handler, fault_handler, fault_handler, fault_handler, fault_handler,
     unused_handler, unused_handler, unused_handler, unused_handler, unused_handler, unused_handler, unused_handler,
     tick_handler, UNUSED_32, UNUSED_32, UNUSED_32},
};

/* Everything runs on the process stack from here on; the main stack is for handlers. */
__attribute__((naked)) void reset_handler(void)
{
    __asm volatile("ldr r0, =monitor_main_stack_limit\n"
                   "msr msplim, r0\n"
                   "ldr r0, =monitor_call_stack_limit\n"
                   "msr psplim, r0\n"
                   "ldr r0, =monitor_call_stack_top\n"
                   "msr psp, r0\n"
                   "movs r0, #2\n"
                   "msr control, r0\n"
                   "isb\n"
                   "ldr r0, =monitor_data_start\n"
                   "ldr r1, =monitor_data_end\n"
                   "ldr r2, =monitor_data_load\n"
                   "1: cmp r0, r1\n"
                   "ittt lo\n"
                   "ldrlo r3, [r2], #4\n"
                   "strlo r3, [r0], #4\n"
                   "blo 1b\n"
                   "ldr r0, =monitor_bss_start\n"
                   "ldr r1, =monitor_bss_end\n"
                   "movs r3, #0\n"
                   "2: cmp r0, r1\n"
                   "itt lo\n"
                   "strlo r3, [r0], #4\n"
                   "blo 2b\n"
                   "b start_main\n"
                   ".ltorg\n");
}

/* The watchdog's first expiry: whatever runs has not fed it. The second one resets, also from here. */
void nmi_handler(void)
{
    for (;;) {
    }
}
