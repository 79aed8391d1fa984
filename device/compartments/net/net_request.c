#include "device/compartments/net/net_request.h"

#include "base/reader.h"

#define PART_COUNT 4
#define PART_DIGITS_MAX 3

/* One number of a dotted address without leading zeros, which some read as octal. */
static bool read_part(struct reader *reader, uint32_t *part)
{
    uint32_t value = 0;
    uint32_t digits = 0;

    while (reader_remaining(reader) > 0 && reader_peek(reader) != '.') {
        uint8_t digit = reader_u8(reader);
        if (digit < '0' || digit > '9' || digits == PART_DIGITS_MAX || (digits > 0 && value == 0)) {
            return false;
        }
        value = value * 10 + (uint32_t)(digit - '0');
        digits++;
    }
    *part = value;
    return digits > 0 && value <= UINT8_MAX;
}

/* The rest of the input is an address. */
static bool read_address(struct reader *reader, uint32_t *address)
{
    uint32_t value = 0;

    for (uint32_t i = 0; i < PART_COUNT; i++) {
        uint32_t part = 0;
        if ((i > 0 && reader_u8(reader) != '.') || !read_part(reader, &part)) {
            return false;
        }
        value = value << 8 | part;
    }
    *address = value;
    return reader_ok(reader) && reader_remaining(reader) == 0;
}

static uint32_t read_timeout(struct reader *reader)
{
    uint32_t timeout_ms = reader_u32(reader);

    return timeout_ms < NET_PROTOCOL_TIMEOUT_MS_MAX ? timeout_ms : NET_PROTOCOL_TIMEOUT_MS_MAX;
}

static struct error read_connect(struct reader *reader, struct net_request *request)
{
    request->port = reader_u16(reader);
    request->timeout_ms = read_timeout(reader);
    if (!reader_ok(reader) || request->port == 0) {
        return ERROR(KERNEL, ARGUMENT);
    }
    return read_address(reader, &request->address) ? ERROR_NONE : ERROR(NET, NOT_DECLARED);
}

static struct error read_send(struct reader *reader, struct net_request *request)
{
    request->handle = reader_u32(reader);
    request->timeout_ms = read_timeout(reader);
    request->data = reader_take(reader, reader_remaining(reader));
    bool good = reader_ok(reader) && request->data.size > 0 &&
                request->data.size <= NET_PROTOCOL_DATA_SIZE_BYTES_MAX;
    return good ? ERROR_NONE : ERROR(KERNEL, ARGUMENT);
}

static struct error read_receive(struct reader *reader, struct net_request *request)
{
    request->handle = reader_u32(reader);
    request->timeout_ms = read_timeout(reader);
    request->size_bytes = reader_u16(reader);
    bool good = reader_ok(reader) && reader_remaining(reader) == 0 && request->size_bytes > 0 &&
                request->size_bytes <= NET_PROTOCOL_DATA_SIZE_BYTES_MAX;
    return good ? ERROR_NONE : ERROR(KERNEL, ARGUMENT);
}

static struct error read_close(struct reader *reader, struct net_request *request)
{
    request->handle = reader_u32(reader);
    return reader_ok(reader) && reader_remaining(reader) == 0 ? ERROR_NONE : ERROR(KERNEL, ARGUMENT);
}

static struct error read_listen(struct reader *reader, struct net_request *request)
{
    request->port = reader_u16(reader);
    bool good = reader_ok(reader) && reader_remaining(reader) == 0 && request->port != 0;
    return good ? ERROR_NONE : ERROR(KERNEL, ARGUMENT);
}

static struct error read_next(struct reader *reader, struct net_request *request)
{
    request->port = reader_u16(reader);
    request->timeout_ms = read_timeout(reader);
    request->size_bytes = reader_u16(reader);
    bool good = reader_ok(reader) && reader_remaining(reader) == 0 && request->size_bytes > 0 &&
                request->size_bytes <= NET_PROTOCOL_DATA_SIZE_BYTES_MAX;
    return good ? ERROR_NONE : ERROR(KERNEL, ARGUMENT);
}

static struct error read_operation(struct reader *reader, struct net_request *request)
{
    switch (request->operation) {
    case NET_OPERATION_CONNECT:
        return read_connect(reader, request);
    case NET_OPERATION_SEND:
        return read_send(reader, request);
    case NET_OPERATION_RECEIVE:
        return read_receive(reader, request);
    case NET_OPERATION_CLOSE:
        return read_close(reader, request);
    case NET_OPERATION_LISTEN:
        return read_listen(reader, request);
    case NET_OPERATION_NEXT:
        return read_next(reader, request);
    case NET_OPERATION_USED:
        return reader_remaining(reader) == 0 ? ERROR_NONE : ERROR(KERNEL, ARGUMENT);
    default:
        return ERROR(KERNEL, ARGUMENT);
    }
}

struct error net_request_parse(struct span input, struct net_request *out)
{
    struct net_request request = {0};
    struct reader reader;

    reader_init(&reader, input);
    request.operation = (enum net_operation)reader_u8(&reader);
    TRY(read_operation(&reader, &request));
    *out = request;
    return ERROR_NONE;
}
