/* What the thermostat publishes, and how its sensor's register reads. */
#ifndef DEVICE_APPS_THERMOSTAT_THERMOSTAT_MESSAGE_H
#define DEVICE_APPS_THERMOSTAT_THERMOSTAT_MESSAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/writer.h"

/* The two bytes of the TMP105's temperature register, 1/256 degree in two's complement, as tenths of a degree. */
int32_t thermostat_message_tenths(const uint8_t reg[2]);
/* {"temperature": 21.5, "heater": true} */
void thermostat_message_write(struct writer *out, int32_t temperature_tenths, bool heater_on);

#endif
