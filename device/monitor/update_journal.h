/* What is being written, and how far it is, in the flash: one block. Its fields stand before its magic does; progress is
 * one word for each block of the image, programmed when that block stands.
 *     magic "UPDJ", component, slot, sequence number (u32 each), SHA-256 of the manifest, then the words
 * It carries no MAC: whoever alters it gets an image whose digest does not match (threat T-04).
 * source  docs/protocol/update.md; threat T-07 */
#ifndef DEVICE_MONITOR_UPDATE_JOURNAL_H
#define DEVICE_MONITOR_UPDATE_JOURNAL_H

#include "crypto/sha256.h"
#include "device/abi/slot.h"

struct update_journal {
    enum component component;
    uint32_t slot_index;
    uint32_t sequence;
    struct sha256_digest manifest_digest;
};

/* Blocks that stand of exactly this update.  errors  MONITOR_NOT_FOUND (another one, or none), FLASH_* */
MUST_USE struct error update_journal_find(const struct update_journal *wanted, uint32_t *block_count);
/* Whatever is there.  errors  MONITOR_NOT_FOUND, FLASH_* */
MUST_USE struct error update_journal_read(struct update_journal *out, uint32_t *block_count);
/* No update is under way. */
MUST_USE struct error update_journal_erase(void);
/* Call after update_journal_erase. */
MUST_USE struct error update_journal_write(const struct update_journal *journal);
/* The block with this index stands. */
MUST_USE struct error update_journal_advance(uint32_t block_index);

#endif
