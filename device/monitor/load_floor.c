#include "device/monitor/load.h"

/* The claim's own app key set is the floor: an older one was replaced for a reason (threat T-05). */
void load_floor_app(const struct ownership *owner, struct image_policy *policy)
{
    policy->generation_min = owner->app.generation;
    policy->sequence_min = owner->app.sequence_min[COMPONENT_APP];
}
