#include "crypto/chacha20_poly1305.h"

#include <mbedtls/chachapoly.h>

#include "base/secret.h"

struct error chacha20_poly1305_seal(const uint8_t key[32], const uint8_t nonce[12], struct span associated,
                                    struct span plaintext, uint8_t *out, uint8_t tag[16])
{
    mbedtls_chachapoly_context context;

    mbedtls_chachapoly_init(&context);
    int result = mbedtls_chachapoly_setkey(&context, key);
    if (result == 0) {
        result = mbedtls_chachapoly_encrypt_and_tag(&context, plaintext.size, nonce, associated.data, associated.size,
                                                    plaintext.data, out, tag);
    }
    mbedtls_chachapoly_free(&context);
    return result == 0 ? ERROR_NONE : ERROR(CRYPTO, INTERNAL);
}

struct error chacha20_poly1305_open(const uint8_t key[32], const uint8_t nonce[12], struct span associated,
                                    struct span ciphertext, const uint8_t tag[16], uint8_t *out)
{
    mbedtls_chachapoly_context context;

    mbedtls_chachapoly_init(&context);
    int result = mbedtls_chachapoly_setkey(&context, key);
    if (result == 0) {
        result = mbedtls_chachapoly_auth_decrypt(&context, ciphertext.size, nonce, associated.data, associated.size,
                                                 tag, ciphertext.data, out);
    }
    mbedtls_chachapoly_free(&context);
    if (result != 0) {
        secret_wipe(out, ciphertext.size);
        return ERROR(CRYPTO, AUTHENTICATION);
    }
    return ERROR_NONE;
}
