/* The two copies of the claim in flash.
 *     u32 magic "CLAM", u32 epoch, u32 bundle size, SHA-256 of the voucher's signer (32), MAC (32), bundle
 * MAC = HMAC-SHA-256 over all but itself; big-endian; one block a copy.
 * source  docs/protocol/storage.md 2 */
#ifndef DEVICE_MONITOR_CLAIM_COPY_H
#define DEVICE_MONITOR_CLAIM_COPY_H

#include "base/error.h"
#include "base/span.h"
#include "crypto/sha256.h"

#define CLAIM_COPY_COUNT 2

/* Reads the copy if it is intact and counts in this epoch.
 * bundle     gets the bytes
 * authority  SHA-256 of the key that had signed the voucher when it was accepted
 * errors     MONITOR_NOT_FOUND, FLASH_* */
MUST_USE struct error claim_copy_read(uint32_t copy, uint32_t epoch, struct buffer *bundle,
                                      struct sha256_digest *authority);
/* Durable before it returns. errors  FLASH_* */
MUST_USE struct error claim_copy_write(uint32_t copy, uint32_t epoch, struct span bundle,
                                       const struct sha256_digest *authority);

#endif
