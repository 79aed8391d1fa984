#include "device/compartments/agent/agent_patch.h"

#include <string.h>

#include "base/reader.h"
#include "base/writer.h"
#include "device/abi/slot.h"
#include "device/runtime/runtime.h"

#define SLOT_READ_REQUEST_SIZE_BYTES 7

/* A piece fits a TLS record of the size that we can take, and so does the head. */
_Static_assert(PATCH_HEAD_SIZE_BYTES_MAX <= MONITOR_UPDATE_PIECE_SIZE_BYTES_MAX, "a range of the file");

static struct error read_base(void *context, uint32_t offset_bytes, uint8_t *out, size_t size_bytes)
{
    const struct agent_patch *patch = context;
    uint8_t data[SLOT_READ_REQUEST_SIZE_BYTES];
    struct buffer reply = {out, size_bytes, 0};
    struct writer writer;

    writer_init(&writer, data, sizeof(data));
    writer_u8(&writer, (uint8_t)patch->component);
    writer_u32(&writer, offset_bytes);
    writer_u16(&writer, (uint16_t)size_bytes);
    TRY(runtime_monitor(MONITOR_CALL_SLOT_READ, writer_span(&writer), &reply));
    return reply.size == size_bytes ? ERROR_NONE : ERROR(PATCH, BASE);
}

static struct error flush(struct agent_patch *patch)
{
    uint8_t data[AGENT_PATCH_OFFSET_SIZE_BYTES];
    struct buffer reply = BUFFER_OF(data);
    struct writer writer;

    if (patch->size_bytes == 0) {
        return ERROR_NONE;
    }
    writer_init(&writer, patch->request, AGENT_PATCH_OFFSET_SIZE_BYTES);
    writer_u32(&writer, patch->offset_bytes);
    TRY(runtime_monitor(MONITOR_CALL_UPDATE_WRITE,
                        span_of(patch->request, AGENT_PATCH_OFFSET_SIZE_BYTES + patch->size_bytes), &reply));
    patch->offset_bytes += patch->size_bytes;
    patch->size_bytes = 0;
    return ERROR_NONE;
}

/* Gathers whole pieces: each is a call, and the monitor wants whole words. */
static struct error write_image(void *context, struct span bytes)
{
    struct agent_patch *patch = context;

    while (bytes.size > 0) {
        size_t room = MONITOR_UPDATE_PIECE_SIZE_BYTES_MAX - patch->size_bytes;
        size_t size = bytes.size < room ? bytes.size : room;
        memcpy(patch->request + AGENT_PATCH_OFFSET_SIZE_BYTES + patch->size_bytes, bytes.data, size);
        patch->size_bytes += (uint32_t)size;
        bytes = span_of(bytes.data + size, bytes.size - size);
        if (patch->size_bytes == MONITOR_UPDATE_PIECE_SIZE_BYTES_MAX) {
            TRY(flush(patch));
        }
    }
    return ERROR_NONE;
}

/* The head, checked against the offer, and the beginning at the monitor. */
static struct error begin(struct agent_patch *patch, const struct agent_fetch *fetch, const struct checkin_offer *offer,
                          size_t *head_size, struct agent_begin *out)
{
    const struct patch_apply_ends ends = {read_base, write_image, patch};
    uint32_t first_size =
        fetch->size_bytes < PATCH_HEAD_SIZE_BYTES_MAX ? fetch->size_bytes : PATCH_HEAD_SIZE_BYTES_MAX;
    struct patch_head head;
    struct span start = SPAN_EMPTY;

    TRY(agent_fetch_range(fetch, 0, first_size, &start));
    TRY(patch_head_parse(start, &head, head_size));
    if (memcmp(head.base_digest.bytes, offer->patch.base_digest.bytes, SHA256_DIGEST_SIZE_BYTES) != 0) {
        return ERROR(PATCH, BASE);
    }
    if (offer->file_size_bytes - SLOT_HEADER_SIZE_BYTES != head.image_size_bytes ||
        memcmp(head.file_digest.bytes, offer->file_digest.bytes, SHA256_DIGEST_SIZE_BYTES) != 0) {
        return ERROR(PATCH, STRUCTURE);
    }
    TRY(agent_begin(fetch->checkin->memory, head.keyset, head.manifest, false, out));
    patch->begun = true;
    if (out->image_size_bytes != head.image_size_bytes) {
        return ERROR(PATCH, STRUCTURE);
    }
    patch->component = offer->component;
    patch->offset_bytes = out->offset_bytes;
    patch->size_bytes = 0;
    return patch_apply_init(&patch->apply, &head, out->offset_bytes, &ends);
}

struct error agent_patch_run(struct agent_patch *patch, struct agent_checkin *checkin,
                             const struct agent_identity *identity, const struct checkin_offer *offer,
                             struct agent_begin *out)
{
    const struct agent_fetch fetch = {checkin, identity, offer->patch.digest, offer->patch.size_bytes};
    size_t position = 0;

    patch->begun = false;
    TRY(begin(patch, &fetch, offer, &position, out));
    while (position < fetch.size_bytes) {
        size_t left = fetch.size_bytes - position;
        size_t size = left < MONITOR_UPDATE_PIECE_SIZE_BYTES_MAX ? left : MONITOR_UPDATE_PIECE_SIZE_BYTES_MAX;
        struct span piece = SPAN_EMPTY;
        TRY(agent_fetch_range(&fetch, (uint32_t)position, (uint32_t)size, &piece));
        TRY(patch_apply_bytes(&patch->apply, piece));
        position += size;
    }
    TRY(patch_apply_finish(&patch->apply));
    return flush(patch);
}

bool agent_patch_is_wanted(const struct agent_patch *patch, const struct checkin_offer *offer)
{
    return offer->has_patch && memcmp(patch->refused[offer->component].bytes, offer->patch.digest.bytes,
                                      SHA256_DIGEST_SIZE_BYTES) != 0;
}

void agent_patch_refuse(struct agent_patch *patch, const struct checkin_offer *offer)
{
    patch->refused[offer->component] = offer->patch.digest;
    patch->doubtful[offer->component] = patch->doubtful[offer->component] || patch->begun;
}
