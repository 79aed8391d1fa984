#include "device/kernel/kernel.h"

#include "base/ensure.h"
#include "device/kernel/processor.h"
#include "device/kernel/schedule.h"
#include "device/kernel/system.h"

#define MONITOR_THREAD_STACK_WORDS 128
#define IDLE_THREAD_STACK_WORDS 64

static uint32_t __attribute__((aligned(8))) monitor_thread_stack[MONITOR_THREAD_STACK_WORDS];
static uint32_t __attribute__((aligned(8))) idle_thread_stack[IDLE_THREAD_STACK_WORDS];

static void idle_thread(void)
{
    for (;;) {
        processor_wait();
    }
}

void kernel_main(void)
{
    processor_init();
    schedule_init();
    processor_thread_init_kernel(&threads[THREAD_IDLE], idle_thread, idle_thread_stack,
                                 idle_thread_stack + IDLE_THREAD_STACK_WORDS);
    threads[THREAD_IDLE].ready = true;
    processor_thread_init_kernel(&threads[THREAD_MONITOR], monitor_thread, monitor_thread_stack,
                                 monitor_thread_stack + MONITOR_THREAD_STACK_WORDS);
    threads[THREAD_MONITOR].priority = THREAD_PRIORITY_BACKGROUND + 1;
    threads[THREAD_MONITOR].ready = true;
    if (!error_is_none(system_start_base())) {
        kernel_panic();
    }
    processor_start();
}

void ensure_failed(const char *file, uint32_t line)
{
    (void)file;
    (void)line;
    kernel_panic();
}
