/* Without a queue of faults (T-27): the last one is known, and who reports often displaces the others. */
#include "device/kernel/fault_queue.h"

static struct fault_record record;
static bool filled;

void fault_queue_put(const struct fault_record *next)
{
    record = *next;
    filled = true;
}

bool fault_queue_is_empty(void)
{
    return !filled;
}

const struct fault_record *fault_queue_first(void)
{
    return &record;
}

struct fault_record fault_queue_take(void)
{
    filled = false;
    return record;
}
