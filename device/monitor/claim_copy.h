/* The two copies of the claim in flash.
 *     u32 magic "CLA2", u32 epoch, u32 revision, u32 bundle size, u32 size of a waiting app key set or 0,
 *     SHA-256 of the voucher's signer (32), MAC (32), bundle, key set
 * MAC = HMAC-SHA-256 over all but itself; big-endian; one block a copy.
 * source  docs/protocol/storage.md 2 */
#ifndef DEVICE_MONITOR_CLAIM_COPY_H
#define DEVICE_MONITOR_CLAIM_COPY_H

#include "base/error.h"
#include "base/span.h"
#include "crypto/sha256.h"

#define CLAIM_COPY_COUNT 2

struct claim_copy {
    uint32_t epoch;
    uint32_t revision; /* of two copies of one epoch the higher one counts */
    struct sha256_digest authority; /* SHA-256 of the key that had signed the voucher when it was accepted */
    struct span bundle;
    struct span app_next;
};

/* Reads the copy if it is intact and counts in this epoch.
 * out     its spans borrow from memory
 * errors  MONITOR_NOT_FOUND, FLASH_* */
MUST_USE struct error claim_copy_read(uint32_t index, uint32_t epoch, struct buffer memory, struct claim_copy *out);
/* Durable before it returns. errors  FLASH_* */
MUST_USE struct error claim_copy_write(uint32_t index, const struct claim_copy *copy);

#endif
