#include "crypto/hmac_drbg.h"

#include "base/secret.h"
#include "crypto/hmac_sha256.h"

/* One half of HMAC_DRBG_Update: K = HMAC(K, V || separator || data), V = HMAC(K, V). */
static void mix(struct hmac_drbg *drbg, uint8_t separator, struct span data)
{
    struct hmac_sha256 hmac;
    struct sha256_digest mac;

    hmac_sha256_init(&hmac, SPAN_OF(drbg->key));
    hmac_sha256_update(&hmac, SPAN_OF(drbg->value));
    hmac_sha256_update(&hmac, span_of(&separator, 1));
    hmac_sha256_update(&hmac, data);
    hmac_sha256_finish(&hmac, &mac);
    for (size_t index = 0; index < sizeof(drbg->key); index++) {
        drbg->key[index] = mac.bytes[index];
    }
    hmac_sha256(SPAN_OF(drbg->key), SPAN_OF(drbg->value), &mac);
    for (size_t index = 0; index < sizeof(drbg->value); index++) {
        drbg->value[index] = mac.bytes[index];
    }
    secret_wipe(&mac, sizeof(mac));
}

void hmac_drbg_reseed(struct hmac_drbg *drbg, struct span seed_material)
{
    mix(drbg, 0x00, seed_material);
    if (seed_material.size > 0) {
        mix(drbg, 0x01, seed_material);
    }
}

void hmac_drbg_init(struct hmac_drbg *drbg, struct span seed_material)
{
    for (size_t index = 0; index < sizeof(drbg->key); index++) {
        drbg->key[index] = 0x00;
        drbg->value[index] = 0x01;
    }
    hmac_drbg_reseed(drbg, seed_material);
}

void hmac_drbg_generate(struct hmac_drbg *drbg, uint8_t *out, size_t size_bytes)
{
    size_t written_bytes = 0;

    while (written_bytes < size_bytes) {
        struct sha256_digest block;

        hmac_sha256(SPAN_OF(drbg->key), SPAN_OF(drbg->value), &block);
        for (size_t index = 0; index < sizeof(block.bytes); index++) {
            drbg->value[index] = block.bytes[index];
            if (written_bytes < size_bytes) {
                out[written_bytes++] = block.bytes[index];
            }
        }
        secret_wipe(&block, sizeof(block));
    }
    hmac_drbg_reseed(drbg, SPAN_EMPTY);
}
