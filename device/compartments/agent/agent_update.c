#include "device/compartments/agent/agent_update.h"

#include <string.h>

#include "base/ensure.h"
#include "base/reader.h"
#include "base/writer.h"
#include "device/abi/slot.h"
#include "device/compartments/agent/agent_begin.h"
#include "device/compartments/agent/agent_fetch.h"
#include "device/compartments/agent/agent_report.h"
#include "device/runtime/log_line.h"
#include "device/runtime/runtime.h"
#include "formats/identity/keyset.h"
#include "formats/manifest/manifest.h"

#define OFFSET_SIZE_BYTES 4

/* What of the header block can hold something. Neither this nor a piece fills a TLS record of the size that we can take:
 * a server may put a whole response into one. */
#define HEADER_SIZE_BYTES (12 + KEYSET_SIZE_BYTES_MAX + MANIFEST_SIZE_BYTES_MAX)

_Static_assert(HEADER_SIZE_BYTES <= SLOT_HEADER_SIZE_BYTES, "a range of the file");

struct update {
    struct agent_checkin *checkin;
    const struct agent_identity *identity;
    const struct checkin_offer *offer;
    struct agent_patch *patch;
};

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

/* "update of base to 8 refused: 0x0303" */
static void log_failure(const struct checkin_offer *offer, const char *what, struct error error)
{
    struct log_line line;

    log_line_init(&line, "update of ");
    log_line_text(&line, component_name(offer->component));
    log_line_text(&line, " to ");
    log_line_uint(&line, offer->sequence);
    log_line_text(&line, what);
    log_line_write_error(line.text, error);
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
static struct error begin(const struct update *update, const struct agent_fetch *fetch, struct agent_begin *out)
{
    bool *doubtful = &update->patch->doubtful[update->offer->component];
    struct slot_header header;
    struct span block = SPAN_EMPTY;

    TRY(agent_fetch_range(fetch, 0, HEADER_SIZE_BYTES, &block));
    TRY(find_parts(block, &header));
    TRY(agent_begin(update->checkin->memory, header.keyset, header.manifest, *doubtful, out));
    *doubtful = false;
    bool same = update->offer->file_size_bytes - SLOT_HEADER_SIZE_BYTES == out->image_size_bytes;
    return same ? ERROR_NONE : ERROR(MANIFEST, SIZE);
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

/* All of the image stands. */
static struct error finish(const struct checkin_offer *offer, uint32_t image_size)
{
    struct buffer nothing = {NULL, 0, 0};

    TRY(runtime_monitor(MONITOR_CALL_UPDATE_FINISH, SPAN_EMPTY, &nothing));
    log_progress(offer, image_size, image_size, " bytes, finished");
    return ERROR_NONE;
}

/* The image as it is, from where the monitor goes on. */
static struct error take_whole(const struct update *update)
{
    const struct checkin_offer *offer = update->offer;
    const struct agent_fetch fetch = {update->checkin, update->identity, offer->file_digest, offer->file_size_bytes};
    struct agent_begin progress;

    TRY(begin(update, &fetch, &progress));
    log_progress(offer, progress.offset_bytes, progress.image_size_bytes, " bytes stand");
    for (uint32_t offset = progress.offset_bytes; offset < progress.image_size_bytes;) {
        uint32_t left = progress.image_size_bytes - offset;
        uint32_t size = left < MONITOR_UPDATE_PIECE_SIZE_BYTES_MAX ? left : MONITOR_UPDATE_PIECE_SIZE_BYTES_MAX;
        struct span piece = SPAN_EMPTY;
        TRY(agent_fetch_range(&fetch, SLOT_HEADER_SIZE_BYTES + offset, size, &piece));
        TRY(write_piece(update->checkin->memory, piece, offset));
        offset += size;
    }
    return finish(offer, progress.image_size_bytes);
}

static struct error take_patch(const struct update *update)
{
    struct agent_begin progress;

    TRY(agent_patch_run(update->patch, update->checkin, update->identity, update->offer, &progress));
    log_progress(update->offer, progress.offset_bytes, progress.image_size_bytes, " bytes stood, patched");
    return finish(update->offer, progress.image_size_bytes);
}

/* The connection, or a server that was too busy for long: what stands is gone on with later. */
static bool is_connection(struct error error)
{
    uint32_t module = error.code >> 8;

    return error_is(error, ERROR_CODE_CHECKIN_OVERLOADED) || module == ERROR_CODE_NET_CLOSED >> 8 || module == ERROR_CODE_TLS_IO >> 8;
}

/* The connection, or a monitor that takes no update now: with the whole image it would be the same. */
static bool is_lasting(struct error error)
{
    return is_connection(error) || error_is(error, ERROR_CODE_MONITOR_STATE) ||
           error_is(error, ERROR_CODE_MONITOR_RATE) || error_is(error, ERROR_CODE_MONITOR_WEAR);
}

static struct error take(const struct update *update, bool by_patch)
{
    if (update->offer->file_size_bytes <= SLOT_HEADER_SIZE_BYTES) {
        return ERROR(MANIFEST, SIZE);
    }
    return by_patch ? take_patch(update) : take_whole(update);
}

/* True if the same is worth another try soon: by another way, or once the network is back. What the reason was is said at
 * the next check-in. */
static bool note_failure(const struct update *update, bool by_patch, struct error error)
{
    /* A copy that was altered, or a server that is down, must not keep the device from the other. */
    update->checkin->images_direct = !update->checkin->images_direct;
    if (is_connection(error)) {
        return true;
    }
    bool by_this_patch = by_patch && !is_lasting(error);
    agent_report_refused(update->offer, error);
    log_failure(update->offer, by_this_patch ? " by patch refused" : " refused", error);
    if (!by_this_patch) {
        return false;
    }
    agent_patch_refuse(update->patch, update->offer);
    return true;
}

struct error agent_update_run(struct agent_checkin *checkin, const struct agent_identity *identity,
                              const struct agent_checkin_result *result, struct agent_patch *patch)
{
    struct buffer nothing = {NULL, 0, 0};
    struct error again = ERROR_NONE;
    size_t finished_count = 0;

    for (size_t i = 0; i < result->offer_count && !is_connection(again); i++) {
        struct update update = {checkin, identity, &result->offers[i], patch};
        bool by_patch = agent_patch_is_wanted(patch, update.offer);
        struct error error = take(&update, by_patch);
        if (error_is_none(error)) {
            agent_report_taken(update.offer->component);
            finished_count++;
        } else if (note_failure(&update, by_patch, error)) {
            again = error;
        }
    }
    if (finished_count > 0) {
        runtime_log("restarts into the update");
        return runtime_monitor(MONITOR_CALL_RESET, SPAN_EMPTY, &nothing);
    }
    return again;
}
