#include "crypto/chacha20_poly1305.h"

#include <limits.h>
#include <openssl/evp.h>

#include "base/secret.h"

/* Feeds associated data and text; the direction was set at init. */
static bool run(EVP_CIPHER_CTX *context, struct span associated, struct span text, uint8_t *out)
{
    int written;

    if (associated.size > INT_MAX || text.size > INT_MAX) {
        return false;
    }
    if (associated.size > 0 &&
        EVP_CipherUpdate(context, NULL, &written, associated.data, (int)associated.size) != 1) {
        return false;
    }
    return text.size == 0 || EVP_CipherUpdate(context, out, &written, text.data, (int)text.size) == 1;
}

struct error chacha20_poly1305_seal(const uint8_t key[32], const uint8_t nonce[12], struct span associated,
                                    struct span plaintext, uint8_t *out, uint8_t tag[16])
{
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    uint8_t unused[16];
    int written;
    bool ok = context != NULL && EVP_CipherInit_ex(context, EVP_chacha20_poly1305(), NULL, key, nonce, 1) == 1 &&
              run(context, associated, plaintext, out) && EVP_CipherFinal_ex(context, unused, &written) == 1 &&
              EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, CHACHA20_POLY1305_TAG_SIZE_BYTES, tag) == 1;

    EVP_CIPHER_CTX_free(context);
    return ok ? ERROR_NONE : ERROR(CRYPTO, INTERNAL);
}

struct error chacha20_poly1305_open(const uint8_t key[32], const uint8_t nonce[12], struct span associated,
                                    struct span ciphertext, const uint8_t tag[16], uint8_t *out)
{
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    uint8_t expected_tag[CHACHA20_POLY1305_TAG_SIZE_BYTES];
    uint8_t unused[16];
    int written;

    for (size_t index = 0; index < sizeof(expected_tag); index++) {
        expected_tag[index] = tag[index];
    }
    bool ok = context != NULL && EVP_CipherInit_ex(context, EVP_chacha20_poly1305(), NULL, key, nonce, 0) == 1 &&
              EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, sizeof(expected_tag), expected_tag) == 1 &&
              run(context, associated, ciphertext, out) && EVP_CipherFinal_ex(context, unused, &written) == 1;

    EVP_CIPHER_CTX_free(context);
    if (!ok) {
        secret_wipe(out, ciphertext.size);
        return ERROR(CRYPTO, AUTHENTICATION);
    }
    return ERROR_NONE;
}
