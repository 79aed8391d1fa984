/* Boot record: append log over two flash blocks; entries with a MAC (HMAC-SHA-256, key = KDF(UDS, "record", epoch)),
 * attempts and boots counted in unary words beside the entry, so that they need no rewrite. Every write survives a power
 * cut at any instant: old or new, never neither.
 * source  DESIGN 4; docs/protocol/boot-record.md; threats T-06, T-07 */
#ifndef DEVICE_SECURE_BOOT_RECORD_H
#define DEVICE_SECURE_BOOT_RECORD_H

#include "base/error.h"
#include "device/abi/slot.h"

/* A slot is given up when it was started this often without a confirmation. */
#define BOOT_RECORD_ATTEMPT_COUNT_MAX 3

#define BOOT_RECORD_MONITOR_SIZE_BYTES 60

struct boot_state {
    uint32_t boot_count;      /* boots so far, this one included once counted */
    uint32_t epoch_requested; /* the ROM steps the epoch counter once if this is counter + 1; 0: none */
    /* The ROM raises the counter of the release generation to this if it has verified the monitor that it starts under a
     * key set of this generation or a later one; 0: none. It may stand on. */
    uint32_t generation_requested;
    uint8_t active_slot[COMPONENT_COUNT + 1];   /* by enum component */
    uint8_t attempt_count[COMPONENT_COUNT + 1]; /* of the active slot since its last confirmation */
    uint8_t given_up[COMPONENT_COUNT + 1];      /* bit 0: slot A, bit 1: slot B */
    uint8_t monitor[BOOT_RECORD_MONITOR_SIZE_BYTES]; /* the monitor's own; the ROM carries it along */
};

struct boot_record { /* Holds a secret key. */
    uint8_t key[32];
    struct boot_state state;
    uint32_t entry_offset_bytes; /* of the present entry; internal */
    uint32_t entry_sequence;     /* internal */
};

/* Finds the newest intact entry. With none (new board, or record destroyed) the state is all zero and the error
 * BOOT_RECORD is returned; the record is usable then and the first store makes an entry.
 * errors  BOOT_RECORD, FLASH_* */
MUST_USE struct error boot_record_open(struct boot_record *record, const uint8_t key[32]);
/* Durable before it returns: one more boot. */
MUST_USE struct error boot_record_count_boot(struct boot_record *record);
/* Durable before it returns: one more attempt of the component's active slot. Called before the jump. */
MUST_USE struct error boot_record_count_attempt(struct boot_record *record, enum component component);
/* Appends record->state as a new entry. */
MUST_USE struct error boot_record_store(struct boot_record *record);
/* Writes record->state as the first entry under the key of the next epoch, before the counter steps, so that either
 * key finds an entry.  next_key  KDF(UDS, "record", epoch + 1) */
MUST_USE struct error boot_record_store_next_epoch(struct boot_record *record, const uint8_t next_key[32]);

#endif
