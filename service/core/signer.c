#include "service/core/signer.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "service/config/config.h"
#include "service/process/process.h"

struct signer {
    EVP_PKEY *key;
    EVP_PKEY_CTX *context;
    struct ecdsa_p256_public_key public_key;
};

struct error public_key_of(EVP_PKEY *key, struct ecdsa_p256_public_key *out)
{
    char group[32];
    uint8_t point[65];
    size_t size_bytes = 0;
    if (key == NULL || !EVP_PKEY_is_a(key, "EC") || EVP_PKEY_get_group_name(key, group, sizeof group, NULL) != 1 ||
        strcmp(group, "prime256v1") != 0 ||
        EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof point, &size_bytes) != 1 ||
        size_bytes != sizeof point || point[0] != 4) {
        return ERROR(CRYPTO, KEY);
    }
    memcpy(out->bytes, point + 1, sizeof out->bytes);
    return ERROR_NONE;
}

EVP_PKEY *public_key_object(const struct ecdsa_p256_public_key *key)
{
    uint8_t point[65] = {4};
    char group[] = "prime256v1";
    memcpy(point + 1, key->bytes, sizeof key->bytes);
    OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point, sizeof point),
        OSSL_PARAM_construct_end(),
    };
    EVP_PKEY *object = NULL;
    EVP_PKEY_CTX *import = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    if (import == NULL || EVP_PKEY_fromdata_init(import) != 1 ||
        EVP_PKEY_fromdata(import, &object, EVP_PKEY_PUBLIC_KEY, parameters) != 1) {
        object = NULL;
        ERR_clear_error();
    }
    EVP_PKEY_CTX_free(import);
    return object;
}

struct signer *signer_open(const char *path)
{
    FILE *file = fopen(path, "re");
    struct signer *signer = calloc(1, sizeof *signer);
    if (file == NULL || signer == NULL) {
        process_log("cannot open %s", path);
        signer_close(signer);
        if (file != NULL) {
            fclose(file);
        }
        return NULL;
    }
    signer->key = PEM_read_PrivateKey(file, NULL, NULL, NULL);
    fclose(file);
    if (!error_is_none(public_key_of(signer->key, &signer->public_key)) ||
        (signer->context = EVP_PKEY_CTX_new(signer->key, NULL)) == NULL || EVP_PKEY_sign_init(signer->context) != 1) {
        process_log("%s holds no P-256 private key in PEM form", path);
        signer_close(signer);
        return NULL;
    }
    return signer;
}

/* The whole key is on the disk before its name is known to anyone. */
static bool write_key(EVP_PKEY *key, const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    FILE *file = fd < 0 ? NULL : fdopen(fd, "w");
    if (file == NULL) {
        process_log("%s: %s", path, strerror(errno));
        if (fd >= 0) {
            close(fd);
        }
        return false;
    }
    bool ok = PEM_write_PKCS8PrivateKey(file, key, NULL, NULL, 0, NULL, NULL) == 1 && fflush(file) == 0 &&
              fsync(fd) == 0;
    return fclose(file) == 0 && ok;
}

struct error signer_create(const char *beside, struct signer **out)
{
    char path[CONFIG_PATH_SIZE_BYTES + 24];
    struct ecdsa_p256_public_key public_key;
    EVP_PKEY *key = EVP_EC_gen("P-256");
    if (key == NULL || !error_is_none(public_key_of(key, &public_key))) {
        EVP_PKEY_free(key);
        return ERROR(CRYPTO, INTERNAL);
    }
    snprintf(path, sizeof path, "%s.%02x%02x%02x%02x%02x%02x%02x%02x", beside, public_key.bytes[0],
             public_key.bytes[1], public_key.bytes[2], public_key.bytes[3], public_key.bytes[4], public_key.bytes[5],
             public_key.bytes[6], public_key.bytes[7]);
    bool is_written = write_key(key, path);
    EVP_PKEY_free(key);
    *out = is_written ? signer_open(path) : NULL;
    return *out != NULL ? ERROR_NONE : ERROR(STORE, IO);
}

void signer_close(struct signer *signer)
{
    if (signer != NULL) {
        EVP_PKEY_CTX_free(signer->context);
        EVP_PKEY_free(signer->key);
        free(signer);
    }
}

const struct ecdsa_p256_public_key *signer_public(const struct signer *signer)
{
    return &signer->public_key;
}

EVP_PKEY *signer_key(const struct signer *signer)
{
    return signer->key;
}

struct error signer_sign(const struct signer *signer, const struct sha256_digest *digest,
                         struct ecdsa_p256_signature *out)
{
    uint8_t der[80];
    size_t size_bytes = sizeof der;
    if (EVP_PKEY_sign(signer->context, der, &size_bytes, digest->bytes, sizeof digest->bytes) != 1) {
        return ERROR(CRYPTO, INTERNAL);
    }
    const unsigned char *at = der;
    ECDSA_SIG *signature = d2i_ECDSA_SIG(NULL, &at, (long)size_bytes);
    bool ok = signature != NULL && BN_bn2binpad(ECDSA_SIG_get0_r(signature), out->bytes, 32) == 32 &&
              BN_bn2binpad(ECDSA_SIG_get0_s(signature), out->bytes + 32, 32) == 32;
    ECDSA_SIG_free(signature);
    return ok ? ERROR_NONE : ERROR(CRYPTO, INTERNAL);
}
