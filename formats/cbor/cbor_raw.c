#include "formats/cbor/cbor.h"

#define DEPTH_MAX 8

/* One open container of the item that is being walked. */
struct level {
    uint64_t items_left; /* a map's pairs count twice */
    bool is_map;
    struct span key_previous;
    size_t key_offset_bytes;
};

static bool span_less(struct span a, struct span b)
{
    for (size_t index = 0; index < a.size && index < b.size; index++) {
        if (a.data[index] != b.data[index]) {
            return a.data[index] < b.data[index];
        }
    }
    return a.size < b.size;
}

/* Before an item at this level: the keys of a map must ascend bytewise (RFC 8949 section 4.2.1), which also keeps
 * a key from appearing twice. */
static void level_next(struct cbor_reader *cbor, struct level *level)
{
    size_t offset_bytes = cbor->reader.offset_bytes;
    if (level->is_map && level->items_left % 2 == 0) {
        level->key_offset_bytes = offset_bytes;
    } else if (level->is_map) {
        struct span key = {cbor->reader.data + level->key_offset_bytes, offset_bytes - level->key_offset_bytes};
        if (!span_less(level->key_previous, key)) {
            cbor_reader_fail(cbor, ERROR(CBOR, NOT_CANONICAL));
        }
        level->key_previous = key;
    }
    level->items_left--;
}

static void read_simple(struct cbor_reader *cbor)
{
    struct cbor_reader ahead = *cbor;
    cbor_read_null(&ahead);
    if (error_is_none(cbor_reader_error(&ahead))) {
        *cbor = ahead;
    } else {
        (void)cbor_read_bool(cbor);
    }
}

/* Reads one head, or a whole item without content. Returns how many items it opens; sets is_map. */
static uint64_t read_item_start(struct cbor_reader *cbor, bool *is_map)
{
    *is_map = false;
    switch (cbor_peek_major(cbor)) {
    case 0:
        (void)cbor_read_uint(cbor);
        return 0;
    case 1:
        (void)cbor_read_int(cbor);
        return 0;
    case 2:
        (void)cbor_read_bytes(cbor);
        return 0;
    case 3:
        (void)cbor_read_text_max(cbor, SIZE_MAX);
        return 0;
    case 4:
        /* An item has at least one byte, so more items than bytes cannot be there. */
        return cbor_read_array(cbor, reader_remaining(&cbor->reader));
    case 5:
        *is_map = true;
        return 2 * (uint64_t)cbor_read_map(cbor, reader_remaining(&cbor->reader) / 2);
    case 6:
        (void)cbor_read_tag(cbor);
        return 1;
    default:
        read_simple(cbor);
        return 0;
    }
}

struct span cbor_read_raw(struct cbor_reader *cbor)
{
    size_t start_bytes = cbor->reader.offset_bytes;
    struct level levels[DEPTH_MAX + 1] = {{.items_left = 1}};
    size_t depth = 0;
    while (error_is_none(cbor_reader_error(cbor)) && (depth > 0 || levels[0].items_left > 0)) {
        if (levels[depth].items_left == 0) {
            depth--;
            continue;
        }
        level_next(cbor, &levels[depth]);
        bool is_map = false;
        uint64_t items_inside = read_item_start(cbor, &is_map);
        if (items_inside > 0 && depth == DEPTH_MAX) {
            cbor_reader_fail(cbor, ERROR(CBOR, RANGE));
        } else if (items_inside > 0) {
            levels[++depth] = (struct level){.items_left = items_inside, .is_map = is_map};
        }
    }
    if (!error_is_none(cbor_reader_error(cbor))) {
        return SPAN_EMPTY;
    }
    return (struct span){cbor->reader.data + start_bytes, cbor->reader.offset_bytes - start_bytes};
}
