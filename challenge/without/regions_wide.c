/* With a hole (T-08): each compartment's own memory reaches 32 bytes too far, into its neighbour's. */
#define processor_regions_load processor_regions_load_exactly
#include "device/kernel/armv8m/regions.c"
#undef processor_regions_load

void processor_regions_load(const struct thread *thread);

void processor_regions_load(const struct thread *thread)
{
    struct thread wide = *thread;
    if (thread->unprivileged && !thread->evicted) {
        wide.regions[1].limit_and_enable += SYSTEM_ALIGNMENT;
    }
    processor_regions_load_exactly(&wide);
}
