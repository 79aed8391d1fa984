#include "base/secret.h"
#include "crypto/ecdsa_p256.h"
#include "crypto/hmac_sha256.h"

#define LABEL_SIZE_BYTES_MAX 63
/* A candidate is out of range with probability 2^-32; three of them in a row do not happen. */
#define CANDIDATE_COUNT_MAX 4

/* n - 1, big-endian (FIPS 186-5, SP 800-186 3.2.1.3). */
static const uint8_t ORDER_MINUS_ONE[32] = {
    0xFF, 0xFF, 0xFF, 0xFF, 0x00, 0x00, 0x00, 0x00, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
    0xBC, 0xE6, 0xFA, 0xAD, 0xA7, 0x17, 0x9E, 0x84, 0xF3, 0xB9, 0xCA, 0xC2, 0xFC, 0x63, 0x25, 0x50};

/* 1 if 1 <= scalar <= n - 1, without a branch on the scalar. */
static uint32_t scalar_in_range(const uint8_t scalar[32])
{
    uint32_t borrow = 0;
    uint32_t any_bit = 0;

    for (size_t index = 32; index-- > 0;) {
        uint32_t difference = (uint32_t)ORDER_MINUS_ONE[index] - scalar[index] - borrow;
        borrow = (difference >> 8) & 1u;
        any_bit |= scalar[index];
    }
    /* any_bit is at most 255, so the top bit of -any_bit says whether it is not 0. */
    return (1u - borrow) & ((0u - any_bit) >> 31);
}

struct error ecdsa_p256_derive_private(struct span secret, struct span label,
                                       struct ecdsa_p256_private_key *private_key)
{
    uint8_t info[LABEL_SIZE_BYTES_MAX + 1];

    if (label.size > LABEL_SIZE_BYTES_MAX) {
        return ERROR(CRYPTO, INTERNAL);
    }
    for (size_t index = 0; index < label.size; index++) {
        info[index] = label.data[index];
    }
    for (uint8_t candidate = 0; candidate < CANDIDATE_COUNT_MAX; candidate++) {
        info[label.size] = candidate;
        hkdf_sha256(secret, SPAN_EMPTY, span_of(info, label.size + 1), private_key->bytes,
                    sizeof(private_key->bytes));
        if (scalar_in_range(private_key->bytes) == 1) {
            return ERROR_NONE;
        }
    }
    secret_wipe(private_key, sizeof(*private_key));
    return ERROR(CRYPTO, INTERNAL);
}
