#include "device/kernel/processor.h"

#include "base/ensure.h"
#include "device/kernel/armv8m/registers.h"
#include "device/kernel/schedule.h"
#include "device/kernel/time.h"

#include <string.h>

/* One priority for everything but faults, which come from thread mode alone. */
#define KERNEL_PRIORITY 0x80u
#define FAULT_PRIORITY 0x00u
#define INTERRUPT_COUNT 96
#define FRAME_WORDS 8
#define FRAME_LR 5
#define FRAME_PC 6
#define FRAME_XPSR 7
#define XPSR_THUMB 0x01000000u
#define LR_NOWHERE 0xFFFFFFFFu
#define CONTROL_PROCESS_STACK 2u
#define CONTROL_UNPRIVILEGED 1u

void processor_init(void)
{
    __asm volatile("cpsid i"); /* threads become ready before the first may run */
    ENSURE(((MPU_TYPE >> 8) & 0xFFu) >= THREAD_MPU_REGION_COUNT);
    SHPR1 = FAULT_PRIORITY;
    SHPR2 = KERNEL_PRIORITY << 24;
    SHPR3 = KERNEL_PRIORITY << 24 | KERNEL_PRIORITY << 16;
    for (uint32_t interrupt = 0; interrupt < INTERRUPT_COUNT; interrupt += 4) {
        REGISTER(NVIC_IPR + interrupt) = KERNEL_PRIORITY * 0x01010101u;
    }
    SHCSR |= SHCSR_MEMFAULTENA | SHCSR_USGFAULTENA;
    CCR |= CCR_DIV_0_TRP;
    MPU_MAIR0 = MPU_MAIR0_NORMAL_DEVICE;
}

static void frame_init(struct thread *thread, uint32_t entry, uint32_t stack_limit, uint32_t stack_top)
{
    uint32_t *frame = (uint32_t *)(uintptr_t)stack_top - FRAME_WORDS;
    memset(frame, 0, FRAME_WORDS * sizeof *frame);
    frame[FRAME_LR] = LR_NOWHERE;
    frame[FRAME_PC] = entry & ~1u;
    frame[FRAME_XPSR] = XPSR_THUMB;
    thread->context.stack_pointer = (uint32_t)(uintptr_t)frame;
    thread->context.stack_limit = stack_limit;
    thread->context.exc_return = EXC_RETURN_NONSECURE_THREAD;
}

static struct thread_region region(struct system_range range, uint32_t access, uint32_t attributes)
{
    return (struct thread_region){range.base | access,
                                  (range.base + range.size_bytes - SYSTEM_ALIGNMENT) | attributes | MPU_RLAR_ENABLE};
}

void processor_thread_init(struct thread *thread, const struct system_compartment *entry)
{
    uint32_t turn = thread->turn;
    memset(thread, 0, sizeof *thread);
    thread->turn = turn;
    thread->unprivileged = true;
    frame_init(thread, entry->code.base, entry->ram.base, entry->ram.base + entry->stack_size_bytes);
    thread->context.control = CONTROL_PROCESS_STACK | CONTROL_UNPRIVILEGED;
    thread->regions[0] = region(entry->code, MPU_RBAR_READ_ONLY, 0);
    thread->regions[1] = region(entry->ram, MPU_RBAR_READ_WRITE | MPU_RBAR_EXECUTE_NEVER, 0);
    for (uint32_t index = 0; index < SYSTEM_PERIPHERAL_COUNT_MAX; index++) {
        if (entry->peripherals[index].size_bytes != 0) {
            thread->regions[2 + index] =
                region(entry->peripherals[index], MPU_RBAR_READ_WRITE | MPU_RBAR_EXECUTE_NEVER, MPU_RLAR_DEVICE);
        }
    }
}

void processor_thread_init_kernel(struct thread *thread, void (*entry)(void), uint32_t *stack, uint32_t *stack_top)
{
    memset(thread, 0, sizeof *thread);
    frame_init(thread, (uint32_t)(uintptr_t)entry, (uint32_t)(uintptr_t)stack, (uint32_t)(uintptr_t)stack_top);
    thread->context.control = CONTROL_PROCESS_STACK;
}

/* The counter runs down and begins anew with what SYST_RVR held at that moment. */
uint32_t processor_elapsed_cycles(void)
{
    static uint32_t last;
    uint32_t before = last;
    last = SYST_CVR;
    return before >= last ? before - last : before + SYST_RVR + 1 - last;
}

uint32_t processor_stack_pointer(uint32_t thread)
{
    uint32_t stack_pointer = threads[thread].context.stack_pointer;
    if (thread == schedule_current()) {
        __asm volatile("mrs %0, psp" : "=r"(stack_pointer));
    }
    return stack_pointer;
}

void processor_interrupt_enable(uint32_t interrupt, bool enabled)
{
    REGISTER((enabled ? NVIC_ISER : NVIC_ICER) + 4 * (interrupt / 32)) = 1u << (interrupt % 32);
}

void processor_wait(void)
{
    __asm volatile("wfi");
}

void processor_start(void)
{
    SYST_RVR = time_tick_cycles() - 1;
    SYST_CVR = 0;
    SYST_CSR = SYST_CSR_ENABLE;
    schedule_request();
    __asm volatile("cpsie i\n isb");
    for (;;) {
    }
}
