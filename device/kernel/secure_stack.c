#include "device/kernel/secure_stack.h"

#include "base/ensure.h"
#include "device/kernel/thread.h"

static uint8_t stack[THREAD_COUNT];
static uint32_t depth;

void secure_stack_init(void)
{
    depth = 0;
}

uint32_t secure_stack_top(void)
{
    return depth == 0 ? THREAD_NONE : stack[depth - 1];
}

void secure_stack_note(uint32_t thread, bool inside)
{
    if (inside && secure_stack_top() != thread) {
        /* A thread that is inside but not on top was never resumed, so it is not there twice. */
        ENSURE(depth < THREAD_COUNT && !secure_stack_holds(thread));
        stack[depth++] = (uint8_t)thread;
    } else if (!inside && secure_stack_top() == thread) {
        depth--;
    }
}

bool secure_stack_may_resume(uint32_t thread)
{
    return secure_stack_top() == thread;
}

bool secure_stack_holds(uint32_t thread)
{
    for (uint32_t index = 0; index < depth; index++) {
        if (stack[index] == thread) {
            return true;
        }
    }
    return false;
}
