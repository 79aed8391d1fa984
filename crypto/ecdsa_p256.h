/* ECDSA over P-256 with SHA-256 digests (ES256; FIPS 186-5). Keys and signatures are raw big-endian: x || y, r || s.
 * Bodies: crypto/mbedtls (p256-m, device), crypto/openssl (host). */
#ifndef CRYPTO_ECDSA_P256_H
#define CRYPTO_ECDSA_P256_H

#include "base/error.h"
#include "base/span.h"
#include "crypto/sha256.h"

struct ecdsa_p256_private_key { /* A secret: the scalar, wiped by its owner. */
    uint8_t bytes[32];
};

struct ecdsa_p256_public_key {
    uint8_t bytes[64];
};

struct ecdsa_p256_signature {
    uint8_t bytes[64];
};

/* Derives a key pair from uniformly random secret bytes: candidate scalars HKDF(secret, "", label || counter) until
 * one is in [1, n-1] (FIPS 186-5 A.2.2). Constant time but for a retry of probability 2^-32.
 * errors  CRYPTO_INTERNAL */
MUST_USE struct error ecdsa_p256_derive_private(struct span secret, struct span label,
                                                struct ecdsa_p256_private_key *private_key);
/* errors  CRYPTO_KEY */
MUST_USE struct error ecdsa_p256_public_of(const struct ecdsa_p256_private_key *private_key,
                                           struct ecdsa_p256_public_key *public_key);

/* Signs a digest. The nonce comes from an HMAC-DRBG over private key, digest and nonce_input, so that a random source
 * that repeats cannot leak the key (threat T-13).
 * nonce_input  seed, boot count and a counter on the device; the OpenSSL body adds the system's own randomness
 * errors       CRYPTO_KEY, CRYPTO_INTERNAL */
MUST_USE struct error ecdsa_p256_sign(const struct ecdsa_p256_private_key *private_key,
                                      const struct sha256_digest *digest, struct span nonce_input,
                                      struct ecdsa_p256_signature *signature);

/* errors  CRYPTO_SIGNATURE; a key that is off the curve counts as a signature that does not verify */
MUST_USE struct error ecdsa_p256_verify(const struct ecdsa_p256_public_key *public_key,
                                        const struct sha256_digest *digest,
                                        const struct ecdsa_p256_signature *signature);

#endif
