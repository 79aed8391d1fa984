#include "crypto/ecdsa_p256.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <string.h>

#define POINT_SIZE_BYTES 65
#define DER_SIGNATURE_SIZE_BYTES_MAX 80

struct error ecdsa_p256_public_of(const struct ecdsa_p256_private_key *private_key,
                                  struct ecdsa_p256_public_key *public_key)
{
    uint8_t encoded[POINT_SIZE_BYTES];
    EC_GROUP *group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
    EC_POINT *point = group == NULL ? NULL : EC_POINT_new(group);
    BIGNUM *scalar = BN_bin2bn(private_key->bytes, sizeof(private_key->bytes), NULL);
    bool ok = point != NULL && scalar != NULL && !BN_is_zero(scalar) &&
              BN_cmp(scalar, EC_GROUP_get0_order(group)) < 0;

    if (ok) {
        BN_set_flags(scalar, BN_FLG_CONSTTIME);
        ok = EC_POINT_mul(group, point, scalar, NULL, NULL, NULL) == 1 &&
             EC_POINT_point2oct(group, point, POINT_CONVERSION_UNCOMPRESSED, encoded, sizeof(encoded), NULL) ==
                 sizeof(encoded);
    }
    BN_clear_free(scalar);
    EC_POINT_clear_free(point);
    EC_GROUP_free(group);
    if (!ok) {
        ERR_clear_error();
        return ERROR(CRYPTO, KEY);
    }
    memcpy(public_key->bytes, encoded + 1, sizeof(public_key->bytes));
    return ERROR_NONE;
}

/* Builds a key object; private_key may be NULL. NULL on failure. */
static EVP_PKEY *key_object(const struct ecdsa_p256_public_key *public_key,
                            const struct ecdsa_p256_private_key *private_key)
{
    uint8_t encoded[POINT_SIZE_BYTES] = {POINT_CONVERSION_UNCOMPRESSED};
    EVP_PKEY *key = NULL;
    BIGNUM *scalar = NULL;
    OSSL_PARAM *parameters = NULL;
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    int selection = EVP_PKEY_PUBLIC_KEY;

    memcpy(encoded + 1, public_key->bytes, sizeof(public_key->bytes));
    bool ok = builder != NULL && context != NULL &&
              OSSL_PARAM_BLD_push_utf8_string(builder, OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0) == 1 &&
              OSSL_PARAM_BLD_push_octet_string(builder, OSSL_PKEY_PARAM_PUB_KEY, encoded, sizeof(encoded)) == 1;
    if (ok && private_key != NULL) {
        selection = EVP_PKEY_KEYPAIR;
        scalar = BN_secure_new();
        ok = scalar != NULL && BN_bin2bn(private_key->bytes, sizeof(private_key->bytes), scalar) != NULL &&
             OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_PRIV_KEY, scalar) == 1;
    }
    ok = ok && (parameters = OSSL_PARAM_BLD_to_param(builder)) != NULL && EVP_PKEY_fromdata_init(context) == 1;
    if (ok && EVP_PKEY_fromdata(context, &key, selection, parameters) != 1) {
        key = NULL;
    }
    OSSL_PARAM_free(parameters);
    OSSL_PARAM_BLD_free(builder);
    BN_clear_free(scalar);
    EVP_PKEY_CTX_free(context);
    return key;
}

static bool signature_to_raw(const uint8_t *der, size_t der_size, struct ecdsa_p256_signature *out)
{
    ECDSA_SIG *parsed = d2i_ECDSA_SIG(NULL, &der, (long)der_size);
    bool ok = parsed != NULL && BN_bn2binpad(ECDSA_SIG_get0_r(parsed), out->bytes, 32) == 32 &&
              BN_bn2binpad(ECDSA_SIG_get0_s(parsed), out->bytes + 32, 32) == 32;

    ECDSA_SIG_free(parsed);
    return ok;
}

/* Size of the DER form in out, 0 on failure. */
static size_t signature_to_der(const struct ecdsa_p256_signature *signature, uint8_t out[DER_SIGNATURE_SIZE_BYTES_MAX])
{
    ECDSA_SIG *object = ECDSA_SIG_new();
    BIGNUM *r = BN_bin2bn(signature->bytes, 32, NULL);
    BIGNUM *s = BN_bin2bn(signature->bytes + 32, 32, NULL);
    int size = 0;

    if (object != NULL && r != NULL && s != NULL && ECDSA_SIG_set0(object, r, s) == 1) {
        r = NULL; /* owned by object now */
        s = NULL;
        size = i2d_ECDSA_SIG(object, &out);
    }
    BN_free(r);
    BN_free(s);
    ECDSA_SIG_free(object);
    return size > 0 ? (size_t)size : 0;
}

struct error ecdsa_p256_sign(const struct ecdsa_p256_private_key *private_key, const struct sha256_digest *digest,
                             struct span nonce_input, struct ecdsa_p256_signature *signature)
{
    struct ecdsa_p256_public_key public_key;
    uint8_t der[DER_SIGNATURE_SIZE_BYTES_MAX];
    size_t der_size = sizeof(der);

    /* OpenSSL hashes private key, digest and its own randomness into the nonce; see crypto/README.md. */
    (void)nonce_input;
    TRY(ecdsa_p256_public_of(private_key, &public_key));
    EVP_PKEY *key = key_object(&public_key, private_key);
    EVP_PKEY_CTX *context = key == NULL ? NULL : EVP_PKEY_CTX_new(key, NULL);
    bool ok = context != NULL && EVP_PKEY_sign_init(context) == 1 &&
              EVP_PKEY_sign(context, der, &der_size, digest->bytes, sizeof(digest->bytes)) == 1 &&
              signature_to_raw(der, der_size, signature);

    EVP_PKEY_CTX_free(context);
    EVP_PKEY_free(key);
    return ok ? ERROR_NONE : ERROR(CRYPTO, INTERNAL);
}

struct error ecdsa_p256_verify(const struct ecdsa_p256_public_key *public_key, const struct sha256_digest *digest,
                               const struct ecdsa_p256_signature *signature)
{
    uint8_t der[DER_SIGNATURE_SIZE_BYTES_MAX];
    size_t der_size = signature_to_der(signature, der);
    EVP_PKEY *key = key_object(public_key, NULL);
    EVP_PKEY_CTX *context = key == NULL ? NULL : EVP_PKEY_CTX_new(key, NULL);
    bool ok = der_size > 0 && context != NULL && EVP_PKEY_verify_init(context) == 1 &&
              EVP_PKEY_verify(context, der, der_size, digest->bytes, sizeof(digest->bytes)) == 1;

    EVP_PKEY_CTX_free(context);
    EVP_PKEY_free(key);
    ERR_clear_error();
    return ok ? ERROR_NONE : ERROR(CRYPTO, SIGNATURE);
}
