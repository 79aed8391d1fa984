/* One record of the storage log, as it lies in flash. Big-endian.
 *     u16 data size, u16 its complement, u32 commit (all ones until the record is whole),
 *     nonce (12), tag (16), u8 class, u8 owner, u8 object, u8 0, u32 epoch, u32 counter, data, 0xFF to the next word
 * Each record has a key of its own: class, owner, object, epoch and counter go into the derivation. The counter never
 * repeats within a store; should somebody write an older store back, the random nonce still differs.
 * source  docs/protocol/storage.md 1 */
#ifndef DEVICE_MONITOR_STORAGE_RECORD_H
#define DEVICE_MONITOR_STORAGE_RECORD_H

#include "device/monitor/storage.h"

#define STORAGE_RECORD_HEADER_SIZE_BYTES 48
#define STORAGE_RECORD_COMMIT_OFFSET_BYTES 4
#define STORAGE_RECORD_BODY_OFFSET_BYTES 8
#define STORAGE_RECORD_COMMITTED 0x434F4D54u
#define STORAGE_RECORD_SIZE_BYTES_MAX (STORAGE_RECORD_HEADER_SIZE_BYTES + STORAGE_OBJECT_SIZE_BYTES_MAX)

enum storage_record_state {
    STORAGE_RECORD_FREE,      /* erased: the end of the log */
    STORAGE_RECORD_BROKEN,    /* the size was torn: nothing can follow it */
    STORAGE_RECORD_UNCOMMITTED,
    STORAGE_RECORD_WHOLE,
};

struct storage_record {
    enum storage_record_state state;
    struct storage_name name;
    uint32_t epoch;
    uint32_t counter;
    uint32_t data_size_bytes;
};

/* header  STORAGE_RECORD_HEADER_SIZE_BYTES from flash, untrusted */
void storage_record_read(const uint8_t *header, struct storage_record *out);
/* Bytes that the record takes in flash. */
uint32_t storage_record_size_bytes(const struct storage_record *record);
/* Writes the whole record, commit word left erased, into bytes (STORAGE_RECORD_SIZE_BYTES_MAX of them).
 * errors  CRYPTO_* */
MUST_USE struct error storage_record_seal(const struct storage_record *record, struct span data, uint8_t *bytes);
/* Opens a whole record that was read into bytes; out gets its data.
 * errors  MONITOR_SEAL */
MUST_USE struct error storage_record_open(const struct storage_record *record, const uint8_t *bytes,
                                          struct writer *out);

#endif
