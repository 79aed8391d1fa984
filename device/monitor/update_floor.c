#include "device/monitor/update_floor.h"

#include "device/monitor/slot_copy.h"

bool update_floor_may_rise(enum component component)
{
    return slot_copy_is_done(component);
}
