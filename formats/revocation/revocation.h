/* One entry of the revocation journal: what must never be forgotten about a device, whatever becomes of the database.
 * An append-only file of entries of one size, each bound to all before it; written and synced by the core before
 * anything that rests on it is said, read by the core when it starts and by the broker's plug-in all the time.
 *     magic 4, kind 1, number 8 (from 1, without a gap), time 8 (s since 1970), UEID 33, epoch 4, reason 4, zero 2,
 *     link 32: SHA-256 of the link before (the first: 32 zero bytes) and the 64 bytes in front of this link
 * The chain finds what was torn, cut out or mixed; it is no signature: whoever may write the file may write all of it.
 * source  docs/protocol/revocation.md */
#ifndef FORMATS_REVOCATION_REVOCATION_H
#define FORMATS_REVOCATION_REVOCATION_H

#include "base/error.h"
#include "crypto/sha256.h"
#include "formats/identity/identity.h"

#define REVOCATION_SIZE_BYTES 96

/* Values are stored. */
enum revocation_kind {
    /* What the device proves must be of at least this epoch; its certificates of lower ones are worth nothing. */
    REVOCATION_EPOCH_MIN = 1,
    /* The same, because the service has ordered a refresh to that epoch, for that reason. */
    REVOCATION_ORDER = 2,
    /* The device may not connect at all (epoch is zero) ... */
    REVOCATION_QUARANTINE = 3,
    /* ... and may again. */
    REVOCATION_RELEASE = 4,
};

struct revocation {
    enum revocation_kind kind;
    uint64_t number;
    uint64_t time_s;
    struct ueid ueid;
    uint32_t epoch;
    uint32_t reason;
};

/* Where a journal stands: number of the last entry and its link. All zero at the start of a file. */
struct revocation_chain {
    uint64_t number;
    struct sha256_digest link;
};

/* Writes the entry that follows on chain, whose number is chain's plus one (entry->number is not read), and moves
 * chain on. */
void revocation_encode(const struct revocation *entry, struct revocation_chain *chain,
                       uint8_t out[REVOCATION_SIZE_BYTES]);
/* Reads the entry that follows on chain and moves chain on. Both outputs only on success.
 * errors  REVOCATION_STRUCTURE; REVOCATION_CHAIN: it does not follow on the entry before */
MUST_USE struct error revocation_parse(struct span bytes, struct revocation_chain *chain, struct revocation *out);

#endif
