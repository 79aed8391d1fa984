#include "device/apps/thermostat/thermostat_control.h"

bool thermostat_control_heater(bool heater_on, int32_t temperature_tenths)
{
    if (temperature_tenths < THERMOSTAT_CONTROL_ON_BELOW_TENTHS) {
        return true;
    }
    return heater_on && temperature_tenths <= THERMOSTAT_CONTROL_OFF_ABOVE_TENTHS;
}
