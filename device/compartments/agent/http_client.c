#include "device/compartments/agent/http_client.h"

#include <string.h>

#include "base/ensure.h"
#include "base/writer.h"
#include "device/runtime/runtime.h"
#include "formats/checkin/checkin.h"

#define DIGITS_MAX 10

static void write_text(struct writer *writer, const char *text)
{
    writer_bytes(writer, span_of(text, strlen(text)));
}

static void write_decimal(struct writer *writer, size_t value)
{
    uint8_t digits[DIGITS_MAX];
    size_t first = DIGITS_MAX;

    do {
        digits[--first] = (uint8_t)('0' + value % 10);
        value /= 10;
    } while (value != 0 && first > 0);
    writer_bytes(writer, span_of(digits + first, DIGITS_MAX - first));
}

static struct error send_request(struct tls_client *client, const struct http_request *request, uint32_t timeout_ms)
{
    uint8_t head[HTTP_CLIENT_HEAD_SIZE_BYTES_MAX];
    struct writer writer;

    writer_init(&writer, head, sizeof(head));
    write_text(&writer, request->method);
    write_text(&writer, " ");
    write_text(&writer, request->path);
    write_text(&writer, " HTTP/1.1\r\nHost: ");
    write_text(&writer, request->host);
    write_text(&writer, "\r\n");
    if (request->range_size_bytes != 0) {
        write_text(&writer, "Range: bytes=");
        write_decimal(&writer, request->range_first);
        write_text(&writer, "-");
        write_decimal(&writer, (size_t)request->range_first + request->range_size_bytes - 1);
        write_text(&writer, "\r\n");
    }
    if (request->content_type != NULL) {
        write_text(&writer, "Content-Type: ");
        write_text(&writer, request->content_type);
        write_text(&writer, "\r\nContent-Length: ");
        write_decimal(&writer, request->body.size);
        write_text(&writer, "\r\n");
    }
    write_text(&writer, "\r\n");
    ENSURE(writer_ok(&writer));
    TRY(tls_client_write(client, writer_span(&writer), timeout_ms));
    return tls_client_write(client, request->body, timeout_ms);
}

/* Receives until the response is whole. */
static struct error receive_response(struct tls_client *client, struct buffer *memory, uint32_t timeout_ms,
                                     struct http_response *response)
{
    uint32_t start_ms = runtime_time_ms();

    for (;;) {
        uint32_t elapsed_ms = runtime_time_ms() - start_ms;
        if (elapsed_ms >= timeout_ms) {
            return ERROR(NET, TIMEOUT);
        }
        if (memory->size == memory->capacity) {
            return ERROR(HTTP, SIZE);
        }
        TRY(tls_client_read(client, memory, timeout_ms - elapsed_ms));
        TRY(http_response_parse(span_of_buffer(memory), response));
        if (response->head_size_bytes == 0) {
            continue;
        }
        if (response->body_size_bytes > memory->capacity - response->head_size_bytes) {
            return ERROR(HTTP, SIZE);
        }
        size_t received_size = memory->size - response->head_size_bytes;
        if (received_size > response->body_size_bytes) {
            /* Nobody asked for more: what follows would be taken for the answer to the next request. */
            return ERROR(HTTP, STRUCTURE);
        }
        if (received_size == response->body_size_bytes) {
            return ERROR_NONE;
        }
    }
}

struct error http_client_exchange(struct tls_client *client, const struct http_request *request,
                                  struct buffer memory, uint32_t timeout_ms, struct http_response *response,
                                  struct span *body)
{
    TRY(send_request(client, request, timeout_ms));
    memory.size = 0;
    TRY(receive_response(client, &memory, timeout_ms, response));
    *body = span_of(memory.data + response->head_size_bytes, response->body_size_bytes);
    return ERROR_NONE;
}
