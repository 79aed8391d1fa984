#include "device/compartments/agent/agent_update.h"

#include <string.h>

#include "base/ensure.h"
#include "base/reader.h"
#include "base/writer.h"
#include "device/abi/slot.h"
#include "device/compartments/agent/agent_problem.h"
#include "device/compartments/agent/agent_settings.h"
#include "device/compartments/agent/http_client.h"
#include "device/runtime/log_line.h"
#include "device/runtime/runtime.h"
#include "formats/identity/keyset.h"
#include "formats/manifest/manifest.h"

#define STATUS_PARTIAL 206
#define PATH_SIZE_BYTES (sizeof(IMAGE_PATH_PREFIX) + 2 * SHA256_DIGEST_SIZE_BYTES)
#define OFFSET_SIZE_BYTES 4
#define BEGIN_REPLY_SIZE_BYTES 8

/* What of the header block can hold something. Neither this nor a piece fills a TLS record of the size that we can take:
 * a server may put a whole response into one. */
#define HEADER_SIZE_BYTES (12 + KEYSET_SIZE_BYTES_MAX + MANIFEST_SIZE_BYTES_MAX)

_Static_assert(HEADER_SIZE_BYTES <= SLOT_HEADER_SIZE_BYTES, "a range of the file");

struct fetch {
    struct agent_checkin *checkin;
    const struct agent_identity *identity;
    const struct checkin_offer *offer;
};

static void make_path(const struct sha256_digest *digest, char path[PATH_SIZE_BYTES])
{
    struct writer writer;

    writer_init(&writer, path, PATH_SIZE_BYTES);
    writer_bytes(&writer, span_of(IMAGE_PATH_PREFIX, strlen(IMAGE_PATH_PREFIX)));
    for (size_t i = 0; i < SHA256_DIGEST_SIZE_BYTES; i++) {
        writer_u8(&writer, (uint8_t)"0123456789abcdef"[digest->bytes[i] >> 4]);
        writer_u8(&writer, (uint8_t)"0123456789abcdef"[digest->bytes[i] & 0xFu]);
    }
    writer_u8(&writer, 0);
    ENSURE(writer_ok(&writer));
}

/* "update of base to 8: 4096 of 61440 bytes" */
static void log_progress(const struct checkin_offer *offer, uint32_t offset, uint32_t size, const char *end)
{
    struct log_line line;

    log_line_init(&line, "update of ");
    log_line_text(&line, component_name(offer->component));
    log_line_text(&line, " to ");
    log_line_uint(&line, offer->sequence);
    log_line_text(&line, ": ");
    log_line_uint(&line, offset);
    log_line_text(&line, " of ");
    log_line_uint(&line, size);
    log_line_text(&line, end);
    runtime_log(line.text);
}

static void log_refusal(const struct checkin_offer *offer, struct error error)
{
    struct log_line line;

    log_line_init(&line, "update of ");
    log_line_text(&line, component_name(offer->component));
    log_line_text(&line, " to ");
    log_line_uint(&line, offer->sequence);
    log_line_text(&line, " refused");
    log_line_write_error(line.text, error);
}

/* Exactly the range that was asked for, of a file of the size that was offered. */
static struct error check_response(const struct fetch *fetch, const struct http_request *request,
                                   const struct http_response *response, struct span body)
{
    if (response->status != STATUS_PARTIAL) {
        return agent_problem_error(response, body);
    }
    bool matches = response->has_range && response->range_first == request->range_first &&
                   response->range_last - response->range_first + 1 == request->range_size_bytes &&
                   body.size == request->range_size_bytes && response->range_total == fetch->offer->file_size_bytes;
    return matches ? ERROR_NONE : ERROR(HTTP, STRUCTURE);
}

static struct error fetch_once(const struct fetch *fetch, uint32_t first, uint32_t size, struct span *body)
{
    struct agent_checkin *checkin = fetch->checkin;
    char path[PATH_SIZE_BYTES];
    struct http_request request = {.method = "GET", .path = path, .range_first = first, .range_size_bytes = size};
    struct http_response response;

    if (!checkin->client.open) {
        TRY(agent_checkin_connect(checkin, fetch->identity));
    }
    make_path(&fetch->offer->file_digest, path);
    struct error error = http_client_exchange(&checkin->client, &request, checkin->memory, AGENT_RESPONSE_TIMEOUT_MS,
                                              &response, body);
    if (!error_is_none(error) || response.close) {
        tls_client_close(&checkin->client);
    }
    TRY(error);
    return check_response(fetch, &request, &response, *body);
}

/* A lost connection is made anew, once a piece. */
static struct error fetch_piece(const struct fetch *fetch, uint32_t first, uint32_t size, struct span *body)
{
    struct error error = fetch_once(fetch, first, size, body);

    return agent_checkin_is_lost(error) ? fetch_once(fetch, first, size, body) : error;
}

/* Bytes move to the front of memory, where they do not lie yet: what was there is the response's head, and read. */
static void put_front(struct writer *writer, struct span bytes)
{
    writer_u16(writer, (uint16_t)bytes.size);
    uint8_t *place = writer_reserve(writer, bytes.size);
    if (place != NULL) {
        memmove(place, bytes.data, bytes.size);
    }
}

/* Where key set and manifest are; what they say is for the monitor to read. */
static struct error find_parts(struct span block, struct slot_header *header)
{
    struct reader reader;

    reader_init(&reader, block);
    uint32_t magic = reader_u32(&reader);
    uint32_t keyset_size = reader_u32(&reader);
    uint32_t manifest_size = reader_u32(&reader);
    if (magic != SLOT_MAGIC || keyset_size > KEYSET_SIZE_BYTES_MAX || manifest_size > MANIFEST_SIZE_BYTES_MAX) {
        return ERROR(BOOT, SLOT_FORMAT);
    }
    header->keyset = reader_take(&reader, keyset_size);
    header->manifest = reader_take(&reader, manifest_size);
    return reader_ok(&reader) ? ERROR_NONE : ERROR(BOOT, SLOT_FORMAT);
}

/* Key set and manifest of the header block, to the monitor. */
static struct error begin(const struct fetch *fetch, uint32_t *offset, uint32_t *image_size)
{
    struct buffer memory = fetch->checkin->memory;
    uint8_t data[BEGIN_REPLY_SIZE_BYTES];
    struct buffer reply = BUFFER_OF(data);
    struct slot_header header;
    struct span block = SPAN_EMPTY;
    struct writer writer;
    struct reader reader;

    TRY(fetch_piece(fetch, 0, HEADER_SIZE_BYTES, &block));
    TRY(find_parts(block, &header));
    writer_init(&writer, memory.data, memory.capacity);
    put_front(&writer, header.keyset);
    put_front(&writer, header.manifest);
    TRY(runtime_monitor(MONITOR_CALL_UPDATE_BEGIN, writer_span(&writer), &reply));
    reader_init(&reader, span_of_buffer(&reply));
    *offset = reader_u32(&reader);
    *image_size = reader_u32(&reader);
    bool whole = reader_ok(&reader) && *offset <= *image_size;
    return whole && fetch->offer->file_size_bytes - SLOT_HEADER_SIZE_BYTES == *image_size ? ERROR_NONE
                                                                                        : ERROR(MANIFEST, SIZE);
}

/* One piece, with its offset put before it, over the end of the response's head. */
static struct error write_piece(struct buffer memory, struct span piece, uint32_t offset)
{
    uint8_t data[OFFSET_SIZE_BYTES];
    struct buffer reply = BUFFER_OF(data);
    size_t head_size = (size_t)(piece.data - memory.data);
    struct writer writer;

    ENSURE(head_size >= OFFSET_SIZE_BYTES);
    uint8_t *start = memory.data + head_size - OFFSET_SIZE_BYTES;
    writer_init(&writer, start, OFFSET_SIZE_BYTES);
    writer_u32(&writer, offset);
    return runtime_monitor(MONITOR_CALL_UPDATE_WRITE, span_of(start, OFFSET_SIZE_BYTES + piece.size), &reply);
}

static struct error update(const struct fetch *fetch)
{
    struct buffer nothing = {NULL, 0, 0};
    uint32_t offset = 0;
    uint32_t image_size = 0;

    if (fetch->offer->file_size_bytes <= SLOT_HEADER_SIZE_BYTES) {
        return ERROR(MANIFEST, SIZE);
    }
    TRY(begin(fetch, &offset, &image_size));
    log_progress(fetch->offer, offset, image_size, " bytes stand");
    while (offset < image_size) {
        uint32_t left = image_size - offset;
        uint32_t size = left < MONITOR_UPDATE_PIECE_SIZE_BYTES_MAX ? left : MONITOR_UPDATE_PIECE_SIZE_BYTES_MAX;
        struct span piece = SPAN_EMPTY;
        TRY(fetch_piece(fetch, SLOT_HEADER_SIZE_BYTES + offset, size, &piece));
        TRY(write_piece(fetch->checkin->memory, piece, offset));
        offset += size;
    }
    TRY(runtime_monitor(MONITOR_CALL_UPDATE_FINISH, SPAN_EMPTY, &nothing));
    log_progress(fetch->offer, offset, image_size, " bytes, finished");
    return ERROR_NONE;
}

static bool is_connection(struct error error)
{
    uint32_t module = error.code >> 8;

    return module == ERROR_CODE_NET_CLOSED >> 8 || module == ERROR_CODE_TLS_IO >> 8;
}

struct error agent_update_run(struct agent_checkin *checkin, const struct agent_identity *identity,
                              const struct agent_checkin_result *result)
{
    struct buffer nothing = {NULL, 0, 0};
    struct error lost = ERROR_NONE;
    size_t finished_count = 0;

    for (size_t i = 0; i < result->offer_count && error_is_none(lost); i++) {
        struct fetch fetch = {checkin, identity, &result->offers[i]};
        struct error error = update(&fetch);
        if (error_is_none(error)) {
            finished_count++;
            continue;
        }
        if (is_connection(error)) {
            lost = error;
        } else {
            log_refusal(&result->offers[i], error);
        }
    }
    if (finished_count > 0) {
        runtime_log("restarts into the update");
        return runtime_monitor(MONITOR_CALL_RESET, SPAN_EMPTY, &nothing);
    }
    return lost;
}
