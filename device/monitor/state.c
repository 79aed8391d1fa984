#include "device/monitor/state.h"

struct monitor_state monitor;

enum device_mode monitor_mode(void)
{
    return monitor.claimed ? DEVICE_MODE_NORMAL : DEVICE_MODE_UNCLAIMED;
}
