/* Supervisor calls, faults, tick and interrupts: from the processor to the kernel's functions. */
#include "base/ensure.h"
#include "device/kernel/armv8m/registers.h"
#include "device/kernel/compartment.h"
#include "device/kernel/ipc.h"
#include "device/kernel/kernel.h"
#include "device/kernel/processor.h"
#include "device/kernel/schedule.h"
#include "device/kernel/time.h"

#define FRAME_SIZE_BYTES 32
#define FRAME_LR 5
#define FRAME_PC 6
#define EXTERNAL_INTERRUPT_FIRST 16

void svc_handler(void);
void fault_handler(void);
void tick_handler(void);
void interrupt_handler(void);
void tick_main(uint32_t exc_return);
void svc_main(uint32_t *frame);
void fault_main(uint32_t *frame, uint32_t exc_return);

static bool frame_valid(uint32_t number, const uint32_t *frame)
{
    return compartment_may_write(number, (uint32_t)(uintptr_t)frame, FRAME_SIZE_BYTES);
}

/* The stack pointer is the compartment's own: it may lie in a peripheral, say. */
__attribute__((used)) void svc_main(uint32_t *frame)
{
    uint32_t current = schedule_current();
    if (current == THREAD_NONE) {
        return; /* the call came with a fault that has just stopped the compartment */
    }
    if (current < SYSTEM_COMPARTMENT_COUNT_MAX && !frame_valid(current, frame)) {
        struct compartment_fault fault = {.cause = FAULT_CAUSE_STACK, .address = (uint32_t)(uintptr_t)frame};
        compartment_stop(current, &fault);
        return;
    }
    kernel_call(frame);
}

static uint32_t fault_cause(uint32_t number, const uint32_t *frame, uint32_t cfsr)
{
    if (threads[number].evicted) {
        return FAULT_CAUSE_MONITOR;
    }
    if (cfsr == 0) {
        return FAULT_CAUSE_SECURE; /* the monitor has reflected a secure fault */
    }
    return frame_valid(number, frame) ? cfsr : (uint32_t)FAULT_CAUSE_STACK;
}

/* Memory and usage faults of a compartment stop it (threat T-08); one of the kernel's own threads is a bug. */
__attribute__((used)) void fault_main(uint32_t *frame, uint32_t exc_return)
{
    uint32_t current = schedule_current();
    if ((exc_return & EXC_RETURN_THREAD) == 0 || (current >= SYSTEM_COMPARTMENT_COUNT_MAX && current != THREAD_NONE)) {
        kernel_panic();
    }
    if (current < SYSTEM_COMPARTMENT_COUNT_MAX && (exc_return & EXC_RETURN_INSIDE) != 0) {
        schedule_request(); /* raised by the gate on an unprivileged caller: the switch evicts it (threat T-10) */
        return;
    }
    uint32_t cfsr = CFSR;
    uint32_t address = (cfsr & CFSR_MMARVALID) != 0 ? MMFAR : 0;
    CFSR = cfsr;
    if (current == THREAD_NONE) {
        return; /* a second fault on the way into the handler of the first */
    }
    struct compartment_fault fault = {.cause = fault_cause(current, frame, cfsr), .address = address};
    if (frame_valid(current, frame) && (cfsr & (CFSR_MSTKERR | CFSR_STKOF)) == 0) {
        fault.pc = frame[FRAME_PC];
        fault.lr = frame[FRAME_LR];
    }
    compartment_stop(current, &fault);
}

__attribute__((naked)) void svc_handler(void)
{
    __asm volatile("mrs r0, psp\n"
                   "b svc_main\n");
}

__attribute__((naked)) void fault_handler(void)
{
    __asm volatile("mrs r0, psp\n"
                   "mov r1, lr\n"
                   "b fault_main\n");
}

__attribute__((used)) void tick_main(uint32_t exc_return)
{
    time_tick();
    compartment_tick((exc_return & EXC_RETURN_INSIDE) != 0);
    SYST_RVR = time_tick_cycles() - 1; /* after the time of this tick was counted by its length */
    schedule_rotate();
}

__attribute__((naked)) void tick_handler(void)
{
    __asm volatile("mov r0, lr\n"
                   "b tick_main\n");
}

/* The interrupt stays off until its compartment has handled it. */
void interrupt_handler(void)
{
    uint32_t exception;
    __asm volatile("mrs %0, ipsr" : "=r"(exception));
    uint32_t interrupt = exception - EXTERNAL_INTERRUPT_FIRST;
    processor_interrupt_enable(interrupt, false);
    for (uint32_t number = 0; number < SYSTEM_COMPARTMENT_COUNT_MAX; number++) {
        if (compartments[number].state != COMPARTMENT_ABSENT && compartments[number].state != COMPARTMENT_DOWN &&
            compartments[number].entry.interrupt == interrupt) {
            ipc_interrupt(number);
        }
    }
}
