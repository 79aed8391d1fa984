#include "service/core/verifier.h"

#include <openssl/ec.h>
#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>

#include "service/core/signer.h"

struct error verifier_init(struct verifier *verifier)
{
    *verifier = (struct verifier){.rows = calloc(VERIFIER_ROW_COUNT, sizeof *verifier->rows)};
    return verifier->rows != NULL ? ERROR_NONE : ERROR(CRYPTO, INTERNAL);
}

void verifier_wipe(struct verifier *verifier)
{
    for (size_t row = 0; verifier->rows != NULL && row < VERIFIER_ROW_COUNT; row++) {
        for (size_t way = 0; way < VERIFIER_WAY_COUNT; way++) {
            EVP_PKEY_CTX_free(verifier->rows[row][way].context);
        }
    }
    free(verifier->rows);
    verifier->rows = NULL;
}

/* NULL for bytes that are no point on the curve. */
static EVP_PKEY_CTX *context_for(const struct ecdsa_p256_public_key *key)
{
    EVP_PKEY *object = public_key_object(key);
    EVP_PKEY_CTX *context = object == NULL ? NULL : EVP_PKEY_CTX_new(object, NULL);
    if (context != NULL && EVP_PKEY_verify_init(context) != 1) {
        EVP_PKEY_CTX_free(context);
        context = NULL;
    }
    EVP_PKEY_free(object);
    ERR_clear_error();
    return context;
}

static struct verifier_entry *entry_for(struct verifier *verifier, const struct ecdsa_p256_public_key *key)
{
    /* A public key's bytes are as good as random; who makes keys to share a row slows down his own row only. */
    size_t index = ((size_t)key->bytes[30] << 8 | key->bytes[31]) % VERIFIER_ROW_COUNT;
    struct verifier_entry *row = verifier->rows[index];
    struct verifier_entry *oldest = &row[0];
    for (size_t way = 0; way < VERIFIER_WAY_COUNT; way++) {
        if (row[way].context != NULL && memcmp(row[way].key.bytes, key->bytes, sizeof key->bytes) == 0) {
            return &row[way];
        }
        oldest = row[way].used < oldest->used ? &row[way] : oldest;
    }
    EVP_PKEY_CTX *context = context_for(key);
    if (context == NULL) {
        return NULL;
    }
    EVP_PKEY_CTX_free(oldest->context);
    *oldest = (struct verifier_entry){.key = *key, .context = context};
    return oldest;
}

/* r or s as a DER integer: no leading zeros, but one where the top bit is set. */
static size_t der_integer(uint8_t *out, const uint8_t value[32])
{
    size_t skip = 0;
    while (skip < 31 && value[skip] == 0) {
        skip++;
    }
    size_t padding = value[skip] >> 7;
    out[0] = 0x02;
    out[1] = (uint8_t)(32 - skip + padding);
    out[2] = 0;
    memcpy(out + 2 + padding, value + skip, 32 - skip);
    return 2 + padding + 32 - skip;
}

struct error verifier_verify(struct verifier *verifier, const struct ecdsa_p256_public_key *key,
                             const struct sha256_digest *digest, const struct ecdsa_p256_signature *signature)
{
    struct verifier_entry *entry = entry_for(verifier, key);
    if (entry == NULL) {
        return ERROR(CRYPTO, SIGNATURE);
    }
    entry->used = ++verifier->clock;
    uint8_t der[72] = {0x30};
    size_t size = 2;
    size += der_integer(der + size, signature->bytes);
    size += der_integer(der + size, signature->bytes + 32);
    der[1] = (uint8_t)(size - 2);
    bool ok = EVP_PKEY_verify(entry->context, der, size, digest->bytes, sizeof digest->bytes) == 1;
    ERR_clear_error();
    return ok ? ERROR_NONE : ERROR(CRYPTO, SIGNATURE);
}
