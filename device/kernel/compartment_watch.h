/* What a compartment declared about time, held against what it does: budget, deadline, answers (threat T-26). */
#ifndef DEVICE_KERNEL_COMPARTMENT_WATCH_H
#define DEVICE_KERNEL_COMPARTMENT_WATCH_H

#include <stdbool.h>
#include <stdint.h>

/* At every tick. inside: it is the current thread and inside the secure world: it is not stopped now. */
void compartment_watch(uint32_t number, bool inside);
/* Gives the thread the priority that its budget leaves it. */
void compartment_prioritise(uint32_t number);

#endif
