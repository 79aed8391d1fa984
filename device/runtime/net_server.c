#include "device/runtime/net_server.h"

#include <string.h>

#include "device/runtime/net_exchange.h"

struct error net_server_listen(uint16_t port)
{
    struct writer writer;
    struct reader reader;

    net_exchange_begin(&writer, NET_OPERATION_LISTEN);
    writer_u16(&writer, port);
    return net_exchange_run(&writer, 0, &reader);
}

struct error net_server_next(uint16_t port, struct buffer *data, uint32_t timeout_ms, uint32_t *client)
{
    size_t room = data->capacity - data->size;
    struct writer writer;
    struct reader reader;

    net_exchange_begin(&writer, NET_OPERATION_NEXT);
    writer_u16(&writer, port);
    writer_u32(&writer, net_exchange_bounded(timeout_ms));
    writer_u16(&writer, (uint16_t)(room < NET_PROTOCOL_DATA_SIZE_BYTES_MAX ? room : NET_PROTOCOL_DATA_SIZE_BYTES_MAX));
    TRY(net_exchange_run(&writer, timeout_ms, &reader));
    uint32_t handle = reader_u32(&reader);
    struct span received = reader_take(&reader, reader_remaining(&reader));
    /* net is another compartment: more than was asked for is not taken. */
    if (!reader_ok(&reader) || received.size > room) {
        return ERROR(NET, CLOSED);
    }
    if (received.size > 0) {
        memcpy(data->data + data->size, received.data, received.size);
        data->size += received.size;
    }
    *client = handle;
    return ERROR_NONE;
}
