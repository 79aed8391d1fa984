#include "device/apps/plc/modbus.h"

#include "base/reader.h"

#define LENGTH_OFFSET 4
#define LENGTH_MIN 2 /* unit and function */
#define LENGTH_MAX (MODBUS_FRAME_SIZE_BYTES_MAX - 6)
#define COIL_ON 0xFF00u
#define EXCEPTION_FLAG 0x80u
/* Response: transaction, protocol, length of the rest, unit, function. */
#define BYTES_PER_REGISTER 2u

enum function {
    READ_COILS = 1,
    READ_INPUTS = 2,
    READ_SETTINGS = 3,
    READ_MEASURED = 4,
    WRITE_COIL = 5,
    WRITE_SETTING = 6,
    WRITE_COILS = 15,
    WRITE_SETTINGS = 16,
};

enum exception {
    GOOD = 0,
    ILLEGAL_FUNCTION = 1,
    ILLEGAL_ADDRESS = 2,
    ILLEGAL_VALUE = 3,
    DEVICE_FAILURE = 4,
};

/* A request, read and checked. */
struct request {
    uint16_t transaction;
    uint8_t unit;
    uint8_t function;
    uint16_t first;
    uint16_t count; /* of a single write: the value, until it was checked */
    struct plc_order order;
};

bool modbus_frame_size(struct span input, size_t *size_bytes)
{
    struct reader reader;

    *size_bytes = 0;
    if (input.size < MODBUS_HEAD_SIZE_BYTES) {
        return true;
    }
    reader_init(&reader, input);
    (void)reader_u16(&reader);
    uint16_t protocol = reader_u16(&reader);
    uint16_t length = reader_u16(&reader);
    if (protocol != 0 || length < LENGTH_MIN || length > LENGTH_MAX) {
        return false;
    }
    size_t size = LENGTH_OFFSET + sizeof(uint16_t) + length;
    *size_bytes = input.size >= size ? size : 0;
    return true;
}

static bool is_of_bits(uint8_t function)
{
    return function == READ_COILS || function == READ_INPUTS || function == WRITE_COIL || function == WRITE_COILS;
}

static bool is_read(uint8_t function)
{
    return function >= READ_COILS && function <= READ_MEASURED;
}

static enum exception check_range(const struct request *request)
{
    uint32_t limit = is_of_bits(request->function) ? PLC_IMAGE_BIT_COUNT : PLC_IMAGE_REGISTER_COUNT;

    if (request->count == 0 || request->count > 2000) {
        return ILLEGAL_VALUE;
    }
    return request->first < limit && request->count <= limit - request->first ? GOOD : ILLEGAL_ADDRESS;
}

static enum exception read_single(struct request *request)
{
    uint16_t value = request->count;

    request->count = 1;
    if (request->function == WRITE_COIL && value != 0 && value != COIL_ON) {
        return ILLEGAL_VALUE;
    }
    enum exception exception = check_range(request);
    if (exception == GOOD) {
        request->order = (struct plc_order){
            .operation = request->function == WRITE_COIL ? PLC_ORDER_COILS : PLC_ORDER_SETTINGS,
            .first = (uint8_t)request->first, .count = 1, .bits = value == COIL_ON ? 1 : 0, .values = {value}};
    }
    return exception;
}

static enum exception read_multiple(struct reader *reader, struct request *request)
{
    bool bits = request->function == WRITE_COILS;
    uint8_t size = reader_u8(reader);
    uint32_t due = bits ? (request->count + 7u) / 8u : request->count * BYTES_PER_REGISTER;

    if (size != due || reader_remaining(reader) != size) {
        return ILLEGAL_VALUE;
    }
    enum exception exception = check_range(request);
    if (exception != GOOD) {
        return exception;
    }
    request->order = (struct plc_order){.operation = bits ? PLC_ORDER_COILS : PLC_ORDER_SETTINGS,
                                        .first = (uint8_t)request->first, .count = (uint8_t)request->count};
    if (bits) {
        request->order.bits = reader_u8(reader);
    }
    for (size_t i = 0; !bits && i < request->count; i++) {
        request->order.values[i] = reader_u16(reader);
    }
    return GOOD;
}

/* The head was checked by modbus_frame_size. */
static enum exception read_request(struct span frame, struct request *request)
{
    struct reader reader;

    *request = (struct request){0};
    reader_init(&reader, frame);
    request->transaction = reader_u16(&reader);
    (void)reader_u32(&reader); /* protocol and length */
    request->unit = reader_u8(&reader);
    request->function = reader_u8(&reader);
    if (!is_read(request->function) && request->function != WRITE_COIL && request->function != WRITE_SETTING &&
        request->function != WRITE_COILS && request->function != WRITE_SETTINGS) {
        return ILLEGAL_FUNCTION;
    }
    request->first = reader_u16(&reader);
    request->count = reader_u16(&reader);
    if (request->function == WRITE_COILS || request->function == WRITE_SETTINGS) {
        return reader_ok(&reader) ? read_multiple(&reader, request) : ILLEGAL_VALUE;
    }
    if (!reader_ok(&reader) || reader_remaining(&reader) > 0) {
        return ILLEGAL_VALUE;
    }
    return is_read(request->function) ? check_range(request) : read_single(request);
}

void modbus_order(struct span frame, struct plc_order *order)
{
    struct request request;
    enum exception exception = read_request(frame, &request);

    *order = exception == GOOD ? request.order : (struct plc_order){.operation = PLC_ORDER_NONE};
}

static void write_head(struct writer *out, const struct request *request, size_t data_size_bytes)
{
    writer_u16(out, request->transaction);
    writer_u16(out, 0);
    writer_u16(out, (uint16_t)(LENGTH_MIN + data_size_bytes));
    writer_u8(out, request->unit);
}

static void respond_bits(struct writer *out, const struct request *request, uint8_t bits)
{
    write_head(out, request, 2);
    writer_u8(out, request->function);
    writer_u8(out, 1);
    unsigned int wanted = (1u << request->count) - 1u;
    writer_u8(out, (uint8_t)(((unsigned int)bits >> request->first) & wanted));
}

static void respond_registers(struct writer *out, const struct request *request, const uint16_t *registers)
{
    write_head(out, request, 1 + BYTES_PER_REGISTER * request->count);
    writer_u8(out, request->function);
    writer_u8(out, (uint8_t)(BYTES_PER_REGISTER * request->count));
    for (size_t i = 0; i < request->count; i++) {
        writer_u16(out, registers[request->first + i]);
    }
}

static void respond_exception(struct writer *out, const struct request *request, enum exception exception)
{
    write_head(out, request, 1);
    writer_u8(out, request->function | EXCEPTION_FLAG);
    writer_u8(out, (uint8_t)exception);
}

/* A single write is answered with itself, one of several with what was written. */
static void respond_write(struct writer *out, const struct request *request)
{
    uint16_t last = request->count;

    if (request->function == WRITE_COIL) {
        last = request->order.bits != 0 ? COIL_ON : 0;
    } else if (request->function == WRITE_SETTING) {
        last = request->order.values[0];
    }
    write_head(out, request, 4);
    writer_u8(out, request->function);
    writer_u16(out, request->first);
    writer_u16(out, last);
}

void modbus_respond(struct span frame, const struct plc_image *image, struct writer *response)
{
    struct request request;
    enum exception exception = read_request(frame, &request);

    if (exception == GOOD && image == NULL) {
        exception = DEVICE_FAILURE;
    }
    if (exception != GOOD) {
        respond_exception(response, &request, exception);
    } else if (request.function == READ_COILS || request.function == READ_INPUTS) {
        respond_bits(response, &request, request.function == READ_COILS ? image->coils : image->inputs);
    } else if (is_read(request.function)) {
        respond_registers(response, &request, request.function == READ_SETTINGS ? image->settings : image->measured);
    } else {
        respond_write(response, &request);
    }
}
