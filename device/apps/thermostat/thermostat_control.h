/* When the heater is on. */
#ifndef DEVICE_APPS_THERMOSTAT_THERMOSTAT_CONTROL_H
#define DEVICE_APPS_THERMOSTAT_THERMOSTAT_CONTROL_H

#include <stdbool.h>
#include <stdint.h>

/* Tenths of a degree Celsius. Between the two nothing changes, so that the heater does not flutter. */
#define THERMOSTAT_CONTROL_ON_BELOW_TENTHS 205
#define THERMOSTAT_CONTROL_OFF_ABOVE_TENTHS 215

bool thermostat_control_heater(bool heater_on, int32_t temperature_tenths);

#endif
