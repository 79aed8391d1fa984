#include "cli/signing.h"

#include <openssl/ec.h>
#include <string.h>
#include <time.h>

#include "base/secret.h"
#include "crypto/sha256.h"
#include "formats/cose/cose.h"
#include "formats/operator/operator_command.h"

/* By the token itself, which answers in DER. What it says is verified: it is somebody else's machine. */
static struct outcome sign_by_token(const EVP_PKEY *key, const struct sha256_digest *digest,
                                    struct ecdsa_p256_signature *signature)
{
    uint8_t der[80];
    size_t size_bytes = sizeof der;
    const unsigned char *at = der;
    struct ecdsa_p256_public_key public_key;
    ECDSA_SIG *parts = NULL;
    PROCEED(keys_public(key, &public_key));
    /* The context only takes a reference. */
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new((EVP_PKEY *)key, NULL);
    bool ok = context != NULL && EVP_PKEY_sign_init(context) == 1 &&
              EVP_PKEY_sign(context, der, &size_bytes, digest->bytes, sizeof digest->bytes) == 1 &&
              (parts = d2i_ECDSA_SIG(NULL, &at, (long)size_bytes)) != NULL &&
              BN_bn2binpad(ECDSA_SIG_get0_r(parts), signature->bytes, 32) == 32 &&
              BN_bn2binpad(ECDSA_SIG_get0_s(parts), signature->bytes + 32, 32) == 32;
    ECDSA_SIG_free(parts);
    EVP_PKEY_CTX_free(context);
    if (!ok) {
        return outcome_refused("the token did not sign");
    }
    return outcome_of_error(ecdsa_p256_verify(&public_key, digest, signature), "what the token signed");
}

struct outcome signing_digest(const EVP_PKEY *key, const struct sha256_digest *digest,
                              struct ecdsa_p256_signature *signature)
{
    struct ecdsa_p256_private_key private_key;
    uint8_t nonce_input[32];
    if (!keys_has_private(key)) {
        return sign_by_token(key, digest, signature);
    }
    PROCEED(keys_private(key, &private_key));
    keys_random(nonce_input, sizeof nonce_input);
    struct error error = ecdsa_p256_sign(&private_key, digest, SPAN_OF(nonce_input), signature);
    secret_wipe(&private_key, sizeof private_key);
    secret_wipe(nonce_input, sizeof nonce_input);
    return outcome_of_error(error, "signing failed");
}

/* The two steps of formats/cose, so that a token can take the place of signing_digest. */
static struct outcome sign_payload(const EVP_PKEY *root, const char *content_type, struct span payload,
                                   struct writer *out)
{
    struct ecdsa_p256_public_key signer;
    struct sha256_digest digest;
    struct ecdsa_p256_signature signature;
    PROCEED(keys_public(root, &signer));
    PROCEED(outcome_of_error(cose_sign1_prepare(content_type, &signer, payload, &digest), "encoding failed"));
    PROCEED(signing_digest(root, &digest, &signature));
    return outcome_of_error(cose_sign1_encode(content_type, &signer, payload, &signature, out), "encoding failed");
}

struct outcome signing_keyset(const EVP_PKEY *root, enum keyset_kind kind, const EVP_PKEY *member, struct writer *out)
{
    struct keyset keyset = {.kind = kind, .generation = 1, .key_count = 1};
    PROCEED(keys_public(member, &keyset.keys[0]));
    return signing_keyset_of(root, &keyset, out);
}

struct outcome signing_keyset_of(const EVP_PKEY *root, const struct keyset *keyset, struct writer *out)
{
    uint8_t payload_bytes[KEYSET_SIZE_BYTES_MAX];
    struct writer payload;
    writer_init(&payload, payload_bytes, sizeof payload_bytes);
    PROCEED(outcome_of_error(keyset_encode_payload(keyset, &payload), "the key set cannot be encoded"));
    return sign_payload(root, COSE_CONTENT_TYPE_KEYSET, writer_span(&payload), out);
}

struct outcome signing_voucher(const EVP_PKEY *root, const struct voucher *voucher, struct writer *out)
{
    uint8_t payload_bytes[VOUCHER_SIZE_BYTES_MAX];
    struct writer payload;
    writer_init(&payload, payload_bytes, sizeof payload_bytes);
    PROCEED(outcome_of_error(voucher_encode_payload(voucher, &payload), "the voucher cannot be encoded"));
    return sign_payload(root, COSE_CONTENT_TYPE_VOUCHER, writer_span(&payload), out);
}

struct outcome signing_operator_command(const EVP_PKEY *key, const char *target, struct span body, struct writer *out)
{
    uint8_t payload_bytes[OPERATOR_COMMAND_SIZE_BYTES_MAX];
    struct writer payload;
    struct operator_command command = {.target = span_of(target, strlen(target)), .body_digest = sha256_of(body),
                                       .time_s = (uint64_t)time(NULL)};
    keys_random(command.nonce, sizeof command.nonce);
    writer_init(&payload, payload_bytes, sizeof payload_bytes);
    PROCEED(outcome_of_error(operator_command_encode_payload(&command, &payload), "the request cannot be signed"));
    return sign_payload(key, COSE_CONTENT_TYPE_OPERATOR_COMMAND, writer_span(&payload), out);
}
