/* HMAC-SHA-256 (RFC 2104) and HKDF-SHA-256 (RFC 5869), one portable body over crypto/sha256.h. */
#ifndef CRYPTO_HMAC_SHA256_H
#define CRYPTO_HMAC_SHA256_H

#include "crypto/sha256.h"

struct hmac_sha256 {
    struct sha256 inner;
    uint8_t outer_pad[64];
};

/* key of any length; longer than 64 bytes it is hashed first. State is wiped by finish. */
void hmac_sha256_init(struct hmac_sha256 *hmac, struct span key);
void hmac_sha256_update(struct hmac_sha256 *hmac, struct span data);
void hmac_sha256_finish(struct hmac_sha256 *hmac, struct sha256_digest *mac);
void hmac_sha256(struct span key, struct span data, struct sha256_digest *mac);

/* HKDF extract and expand.
 * secret     input keying material
 * salt       may be empty
 * info       label and context
 * out        size_bytes at most 255 * 32 (asserted) */
void hkdf_sha256(struct span secret, struct span salt, struct span info, uint8_t *out, size_t size_bytes);

#endif
