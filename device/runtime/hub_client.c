#include "device/runtime/hub_client.h"

#include <string.h>

#include "base/reader.h"
#include "base/writer.h"
#include "device/runtime/hub_protocol.h"
#include "device/runtime/runtime.h"
#include "device/systems/system.h"

#define REPLY_SIZE_BYTES 4

static uint8_t request_memory[HUB_PROTOCOL_REQUEST_SIZE_BYTES_MAX];

_Static_assert(sizeof(request_memory) <= RUNTIME_MESSAGE_SIZE_BYTES_MAX, "a request fits a message");

struct error hub_client_publish(const char *suffix, struct span payload, uint8_t quality_of_service,
                                uint32_t timeout_ms)
{
    uint8_t data[REPLY_SIZE_BYTES];
    struct buffer reply = BUFFER_OF(data);
    size_t suffix_size = strlen(suffix);
    struct writer writer;
    struct reader reader;
    struct error result;

    if (suffix_size > HUB_PROTOCOL_SUFFIX_SIZE_BYTES_MAX || payload.size > HUB_PROTOCOL_PAYLOAD_SIZE_BYTES_MAX) {
        return ERROR(MQTT, SIZE);
    }
    writer_init(&writer, request_memory, sizeof(request_memory));
    writer_u8(&writer, HUB_OPERATION_PUBLISH);
    writer_u8(&writer, quality_of_service);
    writer_u8(&writer, (uint8_t)suffix_size);
    writer_bytes(&writer, span_of(suffix, suffix_size));
    writer_bytes(&writer, payload);
    TRY(runtime_call(SYSTEM_COMPARTMENT_HUB, writer_span(&writer), &reply, timeout_ms));
    reader_init(&reader, span_of_buffer(&reply));
    result.code = reader_u32(&reader);
    return reader_ok(&reader) ? result : ERROR(MQTT, STRUCTURE);
}
