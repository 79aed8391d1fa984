#include <stdlib.h>

#include "device/compartments/hub/mqtt_packet.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A packet lies within the input, and every prefix of an accepted one asks for more. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct mqtt_packet packet;
    struct mqtt_packet prefix;

    if (!error_is_none(mqtt_packet_parse(span_of(data, size), &packet)) || packet.size_bytes == 0) {
        return 0;
    }
    if (packet.size_bytes > size || packet.size_bytes > MQTT_PACKET_RECEIVED_SIZE_BYTES_MAX) {
        abort();
    }
    for (size_t shorter = 0; shorter < packet.size_bytes; shorter++) {
        if (!error_is_none(mqtt_packet_parse(span_of(data, shorter), &prefix)) || prefix.size_bytes != 0) {
            abort();
        }
    }
    return 0;
}
