/* Faults on their way to the monitor, each exactly once. The monitor may be behind: then each compartment has a few
 * records here, so that none displaces another's, and what does not fit is counted and reported as a count (threat T-27). */
#ifndef DEVICE_KERNEL_FAULT_QUEUE_H
#define DEVICE_KERNEL_FAULT_QUEUE_H

#include "device/kernel/compartment.h"

#define FAULT_QUEUE_EACH_MAX 4

/* Values of enum fault_kind in formats/token/evidence.h, which the kernel does not link. */
enum fault_record_kind {
    FAULT_RECORD_STOPPED = 5,
    FAULT_RECORD_UNDECLARED = 6,
};

struct fault_record {
    uint8_t kind;
    uint8_t compartment;
    struct compartment_fault fault;
};

void fault_queue_put(const struct fault_record *record);
bool fault_queue_is_empty(void);
/* The oldest; after the last one, one for each compartment that says how many of its own did not fit. Not when empty. */
const struct fault_record *fault_queue_first(void);
struct fault_record fault_queue_take(void);

#endif
