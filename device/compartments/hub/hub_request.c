#include "device/compartments/hub/hub_request.h"

#include "base/reader.h"

static bool is_part_character(uint8_t byte)
{
    bool letter = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');

    return letter || (byte >= '0' && byte <= '9') || byte == '-' || byte == '_' || byte == '.';
}

/* No part is empty, so the topic stays below the device's own (threat T-08). */
static bool is_suffix(struct span suffix)
{
    bool in_part = false;

    for (size_t i = 0; i < suffix.size; i++) {
        if (suffix.data[i] == '/' ? !in_part : !is_part_character(suffix.data[i])) {
            return false;
        }
        in_part = suffix.data[i] != '/';
    }
    return in_part;
}

struct error hub_request_parse(struct span input, struct hub_request *out)
{
    struct hub_request request;
    struct reader reader;

    reader_init(&reader, input);
    uint8_t operation = reader_u8(&reader);
    request.quality_of_service = reader_u8(&reader);
    request.suffix = reader_take(&reader, reader_u8(&reader));
    request.payload = reader_take(&reader, reader_remaining(&reader));
    if (!reader_ok(&reader) || operation != HUB_OPERATION_PUBLISH || request.quality_of_service > 1) {
        return ERROR(KERNEL, ARGUMENT);
    }
    if (request.suffix.size > HUB_PROTOCOL_SUFFIX_SIZE_BYTES_MAX ||
        request.payload.size > HUB_PROTOCOL_PAYLOAD_SIZE_BYTES_MAX) {
        return ERROR(MQTT, SIZE);
    }
    if (!is_suffix(request.suffix)) {
        return ERROR(KERNEL, ARGUMENT);
    }
    *out = request;
    return ERROR_NONE;
}
