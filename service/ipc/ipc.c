#include "service/ipc/ipc.h"

#include <string.h>

#include "base/reader.h"

#define FRAME_SIZE_BYTES_MIN 9 /* kind and id */

size_t ipc_frame_size(const uint8_t header[IPC_HEADER_SIZE_BYTES])
{
    struct reader reader;
    reader_init(&reader, span_of(header, IPC_HEADER_SIZE_BYTES));
    return IPC_HEADER_SIZE_BYTES + (size_t)reader_u32(&reader);
}

struct error ipc_frame_next(struct span input, size_t size_bytes_max, struct span *frame, size_t *consumed_bytes)
{
    *frame = SPAN_EMPTY;
    *consumed_bytes = 0;
    struct reader reader;
    reader_init(&reader, input);
    if (reader_remaining(&reader) < IPC_HEADER_SIZE_BYTES) {
        return ERROR_NONE;
    }
    size_t size_bytes = reader_u32(&reader);
    if (size_bytes > size_bytes_max || size_bytes < FRAME_SIZE_BYTES_MIN) {
        return ERROR(CBOR, RANGE);
    }
    if (reader_remaining(&reader) < size_bytes) {
        return ERROR_NONE;
    }
    *frame = reader_take(&reader, size_bytes);
    *consumed_bytes = IPC_HEADER_SIZE_BYTES + size_bytes;
    return ERROR_NONE;
}

static struct span read_sized(struct reader *reader, size_t size_bytes_max)
{
    size_t size_bytes = reader_u16(reader);
    if (size_bytes > size_bytes_max) {
        reader->failed = true;
        return SPAN_EMPTY;
    }
    return reader_take(reader, size_bytes);
}

static struct span read_rest(struct reader *reader, size_t size_bytes_max)
{
    if (reader_remaining(reader) > size_bytes_max) {
        reader->failed = true;
        return SPAN_EMPTY;
    }
    return reader_take(reader, reader_remaining(reader));
}

static void read_into(struct reader *reader, uint8_t *out, size_t size_bytes)
{
    struct span bytes = reader_take(reader, size_bytes);
    if (bytes.size == size_bytes) {
        memcpy(out, bytes.data, size_bytes);
    }
}

static struct error reader_result(const struct reader *reader)
{
    if (!reader_ok(reader)) {
        return ERROR(CBOR, TRUNCATED);
    }
    return reader_remaining(reader) == 0 ? ERROR_NONE : ERROR(CBOR, TRAILING);
}

static void read_operator(struct reader *reader, struct ipc_request *request)
{
    uint8_t method = reader_u8(reader);
    if (method != IPC_GET && method != IPC_POST) {
        reader->failed = true;
        return;
    }
    request->method = (enum ipc_method)method;
    request->path = read_sized(reader, IPC_PATH_SIZE_BYTES_MAX);
    request->certificate = read_sized(reader, IPC_CERTIFICATE_SIZE_BYTES_MAX);
    request->command = read_sized(reader, IPC_COMMAND_SIZE_BYTES_MAX);
    request->body = read_rest(reader, IPC_OPERATOR_BODY_SIZE_BYTES_MAX);
}

struct error ipc_request_parse(struct span frame, struct ipc_request *out)
{
    struct reader reader;
    reader_init(&reader, frame);
    struct ipc_request request = {.kind = (enum ipc_kind)reader_u8(&reader), .id = reader_u64(&reader)};
    switch (request.kind) {
    case IPC_CHECKIN:
        read_into(&reader, request.channel_binding, sizeof request.channel_binding);
        request.body = read_rest(&reader, CHECKIN_REQUEST_SIZE_BYTES_MAX);
        break;
    case IPC_CLAIM:
        read_into(&reader, request.ueid.bytes, sizeof request.ueid.bytes);
        break;
    case IPC_OPERATOR:
        read_operator(&reader, &request);
        break;
    case IPC_REPLY:
    default:
        return ERROR(CBOR, TYPE);
    }
    TRY(reader_result(&reader));
    *out = request;
    return ERROR_NONE;
}

struct error ipc_reply_parse(struct span frame, struct ipc_reply *out)
{
    struct reader reader;
    reader_init(&reader, frame);
    if (reader_u8(&reader) != IPC_REPLY) {
        return ERROR(CBOR, TYPE);
    }
    struct ipc_reply reply = {.id = reader_u64(&reader), .status = reader_u16(&reader)};
    uint8_t content = reader_u8(&reader);
    reply.body = read_rest(&reader, IPC_REPLY_BODY_SIZE_BYTES_MAX);
    TRY(reader_result(&reader));
    if (content > IPC_CONTENT_JSON_PROBLEM || reply.status < 100 || reply.status > 599) {
        return ERROR(CBOR, RANGE);
    }
    reply.content = (enum ipc_content)content;
    *out = reply;
    return ERROR_NONE;
}

static void write_sized(struct writer *writer, struct span bytes, size_t size_bytes_max)
{
    if (bytes.size > size_bytes_max) {
        writer->failed = true;
        return;
    }
    writer_u16(writer, (uint16_t)bytes.size);
    writer_bytes(writer, bytes);
}

/* Fills in the size field of the frame that began at start_bytes. */
static struct error frame_finish(struct writer *writer, size_t start_bytes)
{
    if (!writer_ok(writer)) {
        return ERROR(CBOR, CAPACITY);
    }
    struct writer patch;
    writer_init(&patch, writer->data + start_bytes, IPC_HEADER_SIZE_BYTES);
    writer_u32(&patch, (uint32_t)(writer->size - start_bytes - IPC_HEADER_SIZE_BYTES));
    return ERROR_NONE;
}

struct error ipc_request_encode(const struct ipc_request *request, struct writer *out)
{
    size_t start_bytes = out->size;
    size_t body_size_bytes_max = request->kind == IPC_CHECKIN    ? CHECKIN_REQUEST_SIZE_BYTES_MAX
                                 : request->kind == IPC_OPERATOR ? IPC_OPERATOR_BODY_SIZE_BYTES_MAX
                                                                 : 0;
    if (request->body.size > body_size_bytes_max) {
        return ERROR(CBOR, RANGE);
    }
    writer_u32(out, 0);
    writer_u8(out, (uint8_t)request->kind);
    writer_u64(out, request->id);
    if (request->kind == IPC_CHECKIN) {
        writer_bytes(out, SPAN_OF(request->channel_binding));
    } else if (request->kind == IPC_CLAIM) {
        writer_bytes(out, SPAN_OF(request->ueid.bytes));
    } else {
        writer_u8(out, (uint8_t)request->method);
        write_sized(out, request->path, IPC_PATH_SIZE_BYTES_MAX);
        write_sized(out, request->certificate, IPC_CERTIFICATE_SIZE_BYTES_MAX);
        write_sized(out, request->command, IPC_COMMAND_SIZE_BYTES_MAX);
    }
    writer_bytes(out, request->body);
    return frame_finish(out, start_bytes);
}

struct error ipc_reply_encode(const struct ipc_reply *reply, struct writer *out)
{
    size_t start_bytes = out->size;
    if (reply->body.size > IPC_REPLY_BODY_SIZE_BYTES_MAX) {
        return ERROR(CBOR, RANGE);
    }
    writer_u32(out, 0);
    writer_u8(out, IPC_REPLY);
    writer_u64(out, reply->id);
    writer_u16(out, reply->status);
    writer_u8(out, (uint8_t)reply->content);
    writer_bytes(out, reply->body);
    return frame_finish(out, start_bytes);
}

const char *ipc_content_type(enum ipc_content content)
{
    switch (content) {
    case IPC_CONTENT_CHECKIN:
        return CHECKIN_CONTENT_TYPE;
    case IPC_CONTENT_CLAIM:
        return CLAIM_CONTENT_TYPE;
    case IPC_CONTENT_CBOR_PROBLEM:
        return PROBLEM_CONTENT_TYPE;
    case IPC_CONTENT_JSON:
        return "application/json";
    case IPC_CONTENT_JSON_PROBLEM:
        return "application/problem+json";
    case IPC_CONTENT_NONE:
    default:
        return NULL;
    }
}
