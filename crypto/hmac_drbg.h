/* HMAC_DRBG with SHA-256 (NIST SP 800-90A 10.1.2), one portable body. */
#ifndef CRYPTO_HMAC_DRBG_H
#define CRYPTO_HMAC_DRBG_H

#include "base/span.h"

/* A secret: wipe it with secret_wipe when done. */
struct hmac_drbg {
    uint8_t key[32];
    uint8_t value[32];
};

/* seed_material: entropy, nonce and personalisation string, concatenated by the caller. */
void hmac_drbg_init(struct hmac_drbg *drbg, struct span seed_material);
/* Mixes more seed material in. */
void hmac_drbg_reseed(struct hmac_drbg *drbg, struct span seed_material);
/* Fills out; updates the state afterwards (backtracking resistance). */
void hmac_drbg_generate(struct hmac_drbg *drbg, uint8_t *out, size_t size_bytes);

#endif
