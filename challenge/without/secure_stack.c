/* Without the LIFO rule (T-10): a thread inside the monitor is resumed like any other. */
#include "device/kernel/secure_stack.h"

#include "device/kernel/thread.h"

void secure_stack_init(void)
{
}

uint32_t secure_stack_top(void)
{
    return THREAD_NONE;
}

void secure_stack_note(uint32_t thread, bool inside)
{
    (void)thread;
    (void)inside;
}

bool secure_stack_may_resume(uint32_t thread)
{
    (void)thread;
    return true;
}

bool secure_stack_holds(uint32_t thread)
{
    (void)thread;
    return false;
}
