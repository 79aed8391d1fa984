#include "crypto/hmac_sha256.h"

#include "base/ensure.h"
#include "base/secret.h"

#define BLOCK_SIZE_BYTES 64

void hmac_sha256_init(struct hmac_sha256 *hmac, struct span key)
{
    uint8_t pad[BLOCK_SIZE_BYTES] = {0};
    struct sha256_digest hashed_key;

    if (key.size > BLOCK_SIZE_BYTES) {
        hashed_key = sha256_of(key);
        key = SPAN_OF(hashed_key.bytes);
    }
    for (size_t index = 0; index < key.size; index++) {
        pad[index] = key.data[index];
    }
    for (size_t index = 0; index < BLOCK_SIZE_BYTES; index++) {
        hmac->outer_pad[index] = pad[index] ^ 0x5C;
        pad[index] ^= 0x36;
    }
    sha256_init(&hmac->inner);
    sha256_update(&hmac->inner, SPAN_OF(pad));
    secret_wipe(pad, sizeof(pad));
    secret_wipe(&hashed_key, sizeof(hashed_key));
}

void hmac_sha256_update(struct hmac_sha256 *hmac, struct span data)
{
    sha256_update(&hmac->inner, data);
}

void hmac_sha256_finish(struct hmac_sha256 *hmac, struct sha256_digest *mac)
{
    struct sha256_digest inner_digest;

    sha256_finish(&hmac->inner, &inner_digest);
    sha256_init(&hmac->inner);
    sha256_update(&hmac->inner, SPAN_OF(hmac->outer_pad));
    sha256_update(&hmac->inner, SPAN_OF(inner_digest.bytes));
    sha256_finish(&hmac->inner, mac);
    secret_wipe(hmac, sizeof(*hmac));
    secret_wipe(&inner_digest, sizeof(inner_digest));
}

void hmac_sha256(struct span key, struct span data, struct sha256_digest *mac)
{
    struct hmac_sha256 hmac;

    hmac_sha256_init(&hmac, key);
    hmac_sha256_update(&hmac, data);
    hmac_sha256_finish(&hmac, mac);
}

void hkdf_sha256(struct span secret, struct span salt, struct span info, uint8_t *out, size_t size_bytes)
{
    struct sha256_digest pseudorandom_key;
    struct sha256_digest block;
    size_t block_size_bytes = 0;
    size_t written_bytes = 0;

    ENSURE(size_bytes <= (size_t)255 * SHA256_DIGEST_SIZE_BYTES);
    hmac_sha256(salt, secret, &pseudorandom_key);
    for (uint8_t counter = 1; written_bytes < size_bytes; counter++) {
        struct hmac_sha256 hmac;

        hmac_sha256_init(&hmac, SPAN_OF(pseudorandom_key.bytes));
        hmac_sha256_update(&hmac, span_of(block.bytes, block_size_bytes));
        hmac_sha256_update(&hmac, info);
        hmac_sha256_update(&hmac, span_of(&counter, 1));
        hmac_sha256_finish(&hmac, &block);
        block_size_bytes = sizeof(block.bytes);
        for (size_t index = 0; index < block_size_bytes && written_bytes < size_bytes; index++) {
            out[written_bytes++] = block.bytes[index];
        }
    }
    secret_wipe(&pseudorandom_key, sizeof(pseudorandom_key));
    secret_wipe(&block, sizeof(block));
}
