#include "device/runtime/net_exchange.h"

#include "device/runtime/runtime.h"
#include "device/systems/system.h"

static uint8_t message[RUNTIME_MESSAGE_SIZE_BYTES_MAX];

_Static_assert(NET_PROTOCOL_REQUEST_SIZE_BYTES_MAX <= RUNTIME_MESSAGE_SIZE_BYTES_MAX, "a request fits a message");

void net_exchange_begin(struct writer *writer, enum net_operation operation)
{
    writer_init(writer, message, sizeof(message));
    writer_u8(writer, (uint8_t)operation);
}

uint32_t net_exchange_bounded(uint32_t timeout_ms)
{
    return timeout_ms < NET_PROTOCOL_TIMEOUT_MS_MAX ? timeout_ms : NET_PROTOCOL_TIMEOUT_MS_MAX;
}

struct error net_exchange_run(const struct writer *writer, uint32_t timeout_ms, struct reader *reader)
{
    struct buffer reply = BUFFER_OF(message);
    struct error result;

    if (!writer_ok(writer)) {
        return ERROR(KERNEL, CAPACITY);
    }
    TRY(runtime_call(SYSTEM_COMPARTMENT_NET, writer_span(writer), &reply,
                     net_exchange_bounded(timeout_ms) + NET_PROTOCOL_GRACE_MS));
    reader_init(reader, span_of_buffer(&reply));
    result.code = reader_u32(reader);
    return reader_ok(reader) ? result : ERROR(NET, CLOSED);
}
