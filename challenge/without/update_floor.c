/* T-05 and T-07 with the order taken out: floors move as soon as an update is confirmed, before the other slot has it. A
 * device whose running slot breaks then has nothing left to fall back to; the sweep finds a slot below the floor. */
#include "device/monitor/update_floor.h"

#include "device/monitor/state.h"

bool update_floor_may_rise(enum component component)
{
    return (monitor.confirmed >> component & 1u) != 0;
}
