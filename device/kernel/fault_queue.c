#include "device/kernel/fault_queue.h"

#define COUNT_MAX 24

static struct fault_record records[COUNT_MAX];
static uint32_t first;
static uint32_t count;
static uint32_t lost_counts[SYSTEM_COMPARTMENT_COUNT_MAX];

static uint32_t count_of(uint32_t compartment)
{
    uint32_t found = 0;
    for (uint32_t index = 0; index < count; index++) {
        found += records[(first + index) % COUNT_MAX].compartment == compartment ? 1 : 0;
    }
    return found;
}

void fault_queue_put(const struct fault_record *record)
{
    if (count == COUNT_MAX || count_of(record->compartment) == FAULT_QUEUE_EACH_MAX) {
        lost_counts[record->compartment]++;
        return;
    }
    records[(first + count) % COUNT_MAX] = *record;
    count++;
}

bool fault_queue_is_empty(void)
{
    for (uint32_t number = 0; number < SYSTEM_COMPARTMENT_COUNT_MAX; number++) {
        if (lost_counts[number] != 0) {
            return false;
        }
    }
    return count == 0;
}

/* Puts the count of those that did not fit, now that there is room. */
static void put_lost(void)
{
    for (uint32_t number = 0; number < SYSTEM_COMPARTMENT_COUNT_MAX && count == 0; number++) {
        if (lost_counts[number] != 0) {
            struct compartment_fault fault = {.cause = FAULT_CAUSE_LOST, .address = lost_counts[number]};
            lost_counts[number] = 0;
            fault_queue_put(&(struct fault_record){FAULT_RECORD_STOPPED, (uint8_t)number, fault});
        }
    }
}

const struct fault_record *fault_queue_first(void)
{
    put_lost();
    return &records[first];
}

struct fault_record fault_queue_take(void)
{
    struct fault_record record = *fault_queue_first();
    first = (first + 1) % COUNT_MAX;
    count--;
    return record;
}
