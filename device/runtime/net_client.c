/* net_client over messages to the `net` compartment. */
#include "device/runtime/net_client.h"

#include <string.h>

#include "base/reader.h"
#include "base/writer.h"
#include "device/runtime/net_protocol.h"
#include "device/runtime/runtime.h"
#include "device/systems/system.h"

/* One request under way per compartment: there is one thread. */
static uint8_t message[RUNTIME_MESSAGE_SIZE_BYTES_MAX];

_Static_assert(NET_PROTOCOL_REQUEST_SIZE_BYTES_MAX <= RUNTIME_MESSAGE_SIZE_BYTES_MAX, "a request fits a message");

static void begin(struct writer *writer, enum net_operation operation)
{
    writer_init(writer, message, sizeof(message));
    writer_u8(writer, (uint8_t)operation);
}

static uint32_t bounded(uint32_t timeout_ms)
{
    return timeout_ms < NET_PROTOCOL_TIMEOUT_MS_MAX ? timeout_ms : NET_PROTOCOL_TIMEOUT_MS_MAX;
}

/* Sends what the writer holds; the reply takes its place. reader is left after the error code. */
static struct error exchange(const struct writer *writer, uint32_t timeout_ms, struct reader *reader)
{
    struct buffer reply = BUFFER_OF(message);
    struct error result;

    if (!writer_ok(writer)) {
        return ERROR(KERNEL, CAPACITY);
    }
    TRY(runtime_call(SYSTEM_COMPARTMENT_NET, writer_span(writer), &reply,
                     bounded(timeout_ms) + NET_PROTOCOL_GRACE_MS));
    reader_init(reader, span_of_buffer(&reply));
    result.code = reader_u32(reader);
    return reader_ok(reader) ? result : ERROR(NET, CLOSED);
}

struct error net_client_connect(const char *host, uint16_t port, uint32_t timeout_ms, uint32_t *handle)
{
    struct writer writer;
    struct reader reader;

    begin(&writer, NET_OPERATION_CONNECT);
    writer_u16(&writer, port);
    writer_u32(&writer, bounded(timeout_ms));
    writer_bytes(&writer, span_of(host, strlen(host)));
    TRY(exchange(&writer, timeout_ms, &reader));
    uint32_t value = reader_u32(&reader);
    if (!reader_ok(&reader)) {
        return ERROR(NET, CLOSED);
    }
    *handle = value;
    return ERROR_NONE;
}

struct error net_client_send(uint32_t handle, struct span data, uint32_t timeout_ms, size_t *sent_size_bytes)
{
    struct writer writer;
    struct reader reader;

    if (data.size > NET_PROTOCOL_DATA_SIZE_BYTES_MAX) {
        data.size = NET_PROTOCOL_DATA_SIZE_BYTES_MAX;
    }
    begin(&writer, NET_OPERATION_SEND);
    writer_u32(&writer, handle);
    writer_u32(&writer, bounded(timeout_ms));
    writer_bytes(&writer, data);
    TRY(exchange(&writer, timeout_ms, &reader));
    /* net is another compartment: a size that it cannot have taken is not believed. */
    uint16_t sent = reader_u16(&reader);
    if (!reader_ok(&reader) || sent == 0 || sent > data.size) {
        return ERROR(NET, CLOSED);
    }
    *sent_size_bytes = sent;
    return ERROR_NONE;
}

struct error net_client_receive(uint32_t handle, struct buffer *data, uint32_t timeout_ms)
{
    size_t room = data->capacity - data->size;
    struct writer writer;
    struct reader reader;

    begin(&writer, NET_OPERATION_RECEIVE);
    writer_u32(&writer, handle);
    writer_u32(&writer, bounded(timeout_ms));
    writer_u16(&writer, (uint16_t)(room < NET_PROTOCOL_DATA_SIZE_BYTES_MAX ? room : NET_PROTOCOL_DATA_SIZE_BYTES_MAX));
    TRY(exchange(&writer, timeout_ms, &reader));
    struct span received = reader_take(&reader, reader_remaining(&reader));
    if (received.size == 0 || received.size > room) {
        return ERROR(NET, CLOSED);
    }
    memcpy(data->data + data->size, received.data, received.size);
    data->size += received.size;
    return ERROR_NONE;
}

void net_client_close(uint32_t handle)
{
    struct writer writer;
    struct reader reader;

    begin(&writer, NET_OPERATION_CLOSE);
    writer_u32(&writer, handle);
    struct error ignored = exchange(&writer, 0, &reader);
    (void)ignored;
}
