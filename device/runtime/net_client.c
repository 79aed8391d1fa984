/* net_client over messages to the `net` compartment. */
#include "device/runtime/net_client.h"

#include <string.h>

#include "device/runtime/net_exchange.h"

struct error net_client_connect(const char *host, uint16_t port, uint32_t timeout_ms, uint32_t *handle)
{
    struct writer writer;
    struct reader reader;

    net_exchange_begin(&writer, NET_OPERATION_CONNECT);
    writer_u16(&writer, port);
    writer_u32(&writer, net_exchange_bounded(timeout_ms));
    writer_bytes(&writer, span_of(host, strlen(host)));
    TRY(net_exchange_run(&writer, timeout_ms, &reader));
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
    net_exchange_begin(&writer, NET_OPERATION_SEND);
    writer_u32(&writer, handle);
    writer_u32(&writer, net_exchange_bounded(timeout_ms));
    writer_bytes(&writer, data);
    TRY(net_exchange_run(&writer, timeout_ms, &reader));
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

    net_exchange_begin(&writer, NET_OPERATION_RECEIVE);
    writer_u32(&writer, handle);
    writer_u32(&writer, net_exchange_bounded(timeout_ms));
    writer_u16(&writer, (uint16_t)(room < NET_PROTOCOL_DATA_SIZE_BYTES_MAX ? room : NET_PROTOCOL_DATA_SIZE_BYTES_MAX));
    TRY(net_exchange_run(&writer, timeout_ms, &reader));
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

    net_exchange_begin(&writer, NET_OPERATION_CLOSE);
    writer_u32(&writer, handle);
    struct error ignored = net_exchange_run(&writer, 0, &reader);
    (void)ignored;
}

struct error net_client_used(uint32_t *endpoints)
{
    struct writer writer;
    struct reader reader;

    net_exchange_begin(&writer, NET_OPERATION_USED);
    TRY(net_exchange_run(&writer, 0, &reader));
    uint32_t used = reader_u32(&reader);
    if (!reader_ok(&reader)) {
        return ERROR(NET, CLOSED);
    }
    *endpoints = used;
    return ERROR_NONE;
}
