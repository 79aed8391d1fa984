#include "device/tls/tls_key.h"

#include "device/runtime/runtime.h"

#define KEY_BITS 256
#define DIGEST_SIZE_BYTES 32
#define SIGNATURE_SIZE_BYTES 64

/* Names that the linker's --wrap prescribes. */
psa_status_t __real_psa_get_key_attributes(mbedtls_svc_key_id_t key, psa_key_attributes_t *attributes);
psa_status_t __wrap_psa_get_key_attributes(mbedtls_svc_key_id_t key, psa_key_attributes_t *attributes);
psa_status_t __real_psa_sign_hash(mbedtls_svc_key_id_t key, psa_algorithm_t algorithm, const uint8_t *hash,
                                  size_t hash_size, uint8_t *signature, size_t capacity, size_t *signature_size);
psa_status_t __wrap_psa_sign_hash(mbedtls_svc_key_id_t key, psa_algorithm_t algorithm, const uint8_t *hash,
                                  size_t hash_size, uint8_t *signature, size_t capacity, size_t *signature_size);

psa_status_t __wrap_psa_get_key_attributes(mbedtls_svc_key_id_t key, psa_key_attributes_t *attributes)
{
    if (key != TLS_KEY_OPERATIONAL) {
        return __real_psa_get_key_attributes(key, attributes);
    }
    *attributes = psa_key_attributes_init();
    psa_set_key_type(attributes, PSA_KEY_TYPE_ECC_KEY_PAIR(PSA_ECC_FAMILY_SECP_R1));
    psa_set_key_bits(attributes, KEY_BITS);
    psa_set_key_usage_flags(attributes, PSA_KEY_USAGE_SIGN_HASH);
    psa_set_key_algorithm(attributes, PSA_ALG_ECDSA(PSA_ALG_ANY_HASH));
    return PSA_SUCCESS;
}

psa_status_t __wrap_psa_sign_hash(mbedtls_svc_key_id_t key, psa_algorithm_t algorithm, const uint8_t *hash,
                                  size_t hash_size, uint8_t *signature, size_t capacity, size_t *signature_size)
{
    if (key != TLS_KEY_OPERATIONAL) {
        return __real_psa_sign_hash(key, algorithm, hash, hash_size, signature, capacity, signature_size);
    }
    /* The library asks for deterministic ECDSA first and falls back on this refusal. */
    if (algorithm != PSA_ALG_ECDSA(PSA_ALG_SHA_256)) {
        return PSA_ERROR_NOT_PERMITTED;
    }
    if (hash_size != DIGEST_SIZE_BYTES || capacity < SIGNATURE_SIZE_BYTES) {
        return PSA_ERROR_INVALID_ARGUMENT;
    }
    struct buffer reply = {signature, capacity, 0};
    struct error error = runtime_monitor(MONITOR_CALL_OPERATIONAL_SIGN, span_of(hash, hash_size), &reply);
    if (!error_is_none(error) || reply.size != SIGNATURE_SIZE_BYTES) {
        return PSA_ERROR_HARDWARE_FAILURE;
    }
    *signature_size = reply.size;
    return PSA_SUCCESS;
}
