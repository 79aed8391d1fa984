#include "device/monitor/update_settle.h"

#include "device/hal/counter.h"
#include "device/monitor/claim_keyset.h"
#include "device/monitor/line.h"
#include "device/monitor/record.h"
#include "device/monitor/state.h"
#include "device/monitor/update_floor.h"

/* Monitor and base are signed under the same sets: the floor is the lower of the two. */
static struct error release_settle(void)
{
    uint32_t monitor_generation = monitor.handoff.release_generation;
    uint32_t generation =
        monitor_generation < monitor.base_generation ? monitor_generation : monitor.base_generation;
    struct boot_state *state = &monitor.record.state;
    uint32_t floor;
    TRY(hal_counter_read(HAL_COUNTER_RELEASE_GENERATION, &floor));
    if (generation <= floor || state->generation_requested == generation) {
        return ERROR_NONE;
    }
    state->generation_requested = generation;
    TRY(record_store());
    struct line line;
    line_begin(&line, "monitor: release key set ");
    line_decimal(&line, generation);
    line_text(&line, ", those before it are dropped at the next start");
    line_end(&line);
    return ERROR_NONE;
}

struct error update_settle(void)
{
    if (update_floor_may_rise(COMPONENT_MONITOR) && update_floor_may_rise(COMPONENT_BASE)) {
        TRY(release_settle());
    }
    return update_floor_may_rise(COMPONENT_APP) ? claim_keyset_settle() : ERROR_NONE;
}
