/* SHA-256 (FIPS 180-4). Bodies: crypto/mbedtls (device), crypto/openssl (host), chosen at link time. */
#ifndef CRYPTO_SHA256_H
#define CRYPTO_SHA256_H

#include "base/span.h"

#define SHA256_DIGEST_SIZE_BYTES 32

struct sha256_digest {
    uint8_t bytes[SHA256_DIGEST_SIZE_BYTES];
};

/* Caller-owned state; opaque, large enough for either body (static_assert in each). Holds no resources. */
struct sha256 {
    uint64_t state[16];
};

void sha256_init(struct sha256 *sha256);
void sha256_update(struct sha256 *sha256, struct span data);
/* Ends the computation and wipes the state. */
void sha256_finish(struct sha256 *sha256, struct sha256_digest *digest);
/* All of it at once. */
struct sha256_digest sha256_of(struct span data);

#endif
