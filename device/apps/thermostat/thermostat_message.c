#include "device/apps/thermostat/thermostat_message.h"

#include <string.h>

#define REGISTER_UNITS 256
#define TENTHS 10

int32_t thermostat_message_tenths(const uint8_t reg[2])
{
    int32_t raw = (int32_t)((uint32_t)reg[0] << 8 | reg[1]);

    if (raw > INT16_MAX) {
        raw -= UINT16_MAX + 1;
    }
    /* To the nearest, halves away from zero. */
    int32_t half = raw < 0 ? -REGISTER_UNITS / 2 : REGISTER_UNITS / 2;
    return (raw * TENTHS + half) / REGISTER_UNITS;
}

static void write_text(struct writer *out, const char *text)
{
    writer_bytes(out, span_of(text, strlen(text)));
}

/* Up to 128 degrees: three digits. */
static void write_tenths(struct writer *out, int32_t tenths)
{
    int32_t magnitude = tenths < 0 ? -tenths : tenths;
    bool started = false;

    if (tenths < 0) {
        write_text(out, "-");
    }
    for (int32_t unit = 1000; unit >= 1; unit /= TENTHS) {
        uint8_t digit = (uint8_t)('0' + magnitude / unit % TENTHS);
        started = started || digit != '0' || unit <= TENTHS;
        if (unit == 1) {
            write_text(out, ".");
        }
        if (started) {
            writer_u8(out, digit);
        }
    }
}

void thermostat_message_write(struct writer *out, int32_t temperature_tenths, bool heater_on)
{
    write_text(out, "{\"temperature\": ");
    write_tenths(out, temperature_tenths);
    write_text(out, heater_on ? ", \"heater\": true}" : ", \"heater\": false}");
}
