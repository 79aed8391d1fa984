/* ChaCha20-Poly1305 AEAD (RFC 8439): for sealed storage. Bodies: crypto/mbedtls, crypto/openssl. */
#ifndef CRYPTO_CHACHA20_POLY1305_H
#define CRYPTO_CHACHA20_POLY1305_H

#include "base/error.h"
#include "base/span.h"

#define CHACHA20_POLY1305_KEY_SIZE_BYTES 32
#define CHACHA20_POLY1305_NONCE_SIZE_BYTES 12
#define CHACHA20_POLY1305_TAG_SIZE_BYTES 16

/* out has plaintext.size bytes, tag 16. The nonce must never repeat under one key.
 * errors  CRYPTO_INTERNAL */
MUST_USE struct error chacha20_poly1305_seal(const uint8_t key[32], const uint8_t nonce[12], struct span associated,
                                             struct span plaintext, uint8_t *out, uint8_t tag[16]);
/* out has ciphertext.size bytes and is zeroed when the tag does not match.
 * errors  CRYPTO_AUTHENTICATION */
MUST_USE struct error chacha20_poly1305_open(const uint8_t key[32], const uint8_t nonce[12], struct span associated,
                                             struct span ciphertext, const uint8_t tag[16], uint8_t *out);

#endif
