#include "cli/keys.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <string.h>
#include <sys/random.h>

#include "base/ensure.h"
#include "base/secret.h"
#include "cli/token.h"

#define KEY_FILE_SIZE_BYTES_MAX 4096
#define POINT_UNCOMPRESSED 0x04
#define POINT_SIZE_BYTES 65

static struct outcome write_private(const char *path, EVP_PKEY *key)
{
    BIO *memory = BIO_new(BIO_s_secmem());
    char *data = NULL;
    if (memory == NULL || PEM_write_bio_PKCS8PrivateKey(memory, key, NULL, NULL, 0, NULL, NULL) != 1) {
        BIO_free(memory);
        return outcome_refused("OpenSSL could not encode the key for %s", path);
    }
    long size = BIO_get_mem_data(memory, &data);
    struct outcome outcome = file_create(path, span_of(data, (size_t)size), FILE_SECRET);
    BIO_free(memory); /* secure memory is wiped by OpenSSL when freed */
    return outcome;
}

struct outcome keys_create(const char *path, EVP_PKEY **key)
{
    EVP_PKEY *created = EVP_EC_gen("P-256");
    if (created == NULL) {
        return outcome_refused("OpenSSL could not make a P-256 key");
    }
    struct outcome outcome = write_private(path, created);
    if (!outcome_is_ok(outcome)) {
        EVP_PKEY_free(created);
        return outcome;
    }
    *key = created;
    return OUTCOME_OK;
}

/* Without this callback OpenSSL would ask the terminal for the password of an encrypted file. */
static int no_password(char *out, int size, int writing, void *context)
{
    (void)out;
    (void)size;
    (void)writing;
    (void)context;
    return -1;
}

struct outcome keys_load(const char *path, EVP_PKEY **key)
{
    struct buffer contents = {NULL, 0, 0};
    PROCEED(file_read(path, KEY_FILE_SIZE_BYTES_MAX, &contents));
    BIO *memory = BIO_new_mem_buf(contents.data, (int)contents.size);
    EVP_PKEY *loaded = memory != NULL ? PEM_read_bio_PrivateKey(memory, NULL, no_password, NULL) : NULL;
    BIO_free(memory);
    file_forget(&contents);
    char group[32] = "";
    if (loaded == NULL || EVP_PKEY_get_group_name(loaded, group, sizeof group, NULL) != 1 ||
        strcmp(group, SN_X9_62_prime256v1) != 0) {
        EVP_PKEY_free(loaded);
        return outcome_refused("%s is not an unencrypted P-256 private key in PEM form", path);
    }
    *key = loaded;
    return OUTCOME_OK;
}

struct outcome keys_open(const char *name, EVP_PKEY **key)
{
    return token_is_uri(name) ? token_open(name, key) : keys_load(name, key);
}

bool keys_has_private(const EVP_PKEY *key)
{
    /* Keys of an engine belong to no provider, and what they show for a private key is made up. */
    return EVP_PKEY_get0_provider(key) != NULL;
}

struct outcome keys_private(const EVP_PKEY *key, struct ecdsa_p256_private_key *private_key)
{
    BIGNUM *scalar = NULL;
    int size = -1;
    if (EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_PRIV_KEY, &scalar) == 1) {
        size = BN_bn2binpad(scalar, private_key->bytes, sizeof private_key->bytes);
    }
    BN_clear_free(scalar);
    if (size != (int)sizeof private_key->bytes) {
        return outcome_refused("the key has no private part");
    }
    return OUTCOME_OK;
}

struct outcome keys_public(const EVP_PKEY *key, struct ecdsa_p256_public_key *public_key)
{
    unsigned char *point = NULL;
    /* Also for keys of an engine, which have no parameters to ask for; the key is only read. */
    size_t size = EVP_PKEY_get1_encoded_public_key((EVP_PKEY *)key, &point);
    bool ok = size == POINT_SIZE_BYTES && point[0] == POINT_UNCOMPRESSED;
    if (ok) {
        memcpy(public_key->bytes, point + 1, sizeof public_key->bytes);
    }
    OPENSSL_free(point);
    return ok ? OUTCOME_OK : outcome_refused("the key is not a P-256 key");
}

struct outcome keys_of_public(const struct ecdsa_p256_public_key *public_key, EVP_PKEY **key)
{
    uint8_t point[POINT_SIZE_BYTES] = {POINT_UNCOMPRESSED};
    memcpy(point + 1, public_key->bytes, sizeof public_key->bytes);
    char group[] = "P-256";
    OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point, sizeof point),
        OSSL_PARAM_construct_end(),
    };
    EVP_PKEY *made = NULL;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    bool ok = context != NULL && EVP_PKEY_fromdata_init(context) == 1 &&
              EVP_PKEY_fromdata(context, &made, EVP_PKEY_PUBLIC_KEY, parameters) == 1;
    EVP_PKEY_CTX_free(context);
    if (!ok) {
        return outcome_refused("the public key is not a point on P-256");
    }
    *key = made;
    return OUTCOME_OK;
}

struct outcome keys_digest(const EVP_PKEY *key, struct sha256_digest *digest)
{
    struct ecdsa_p256_public_key public_key;
    PROCEED(keys_public(key, &public_key));
    *digest = sha256_of(SPAN_OF(public_key.bytes));
    return OUTCOME_OK;
}

void keys_random(uint8_t *out, size_t size_bytes)
{
    ENSURE(size_bytes <= 256); /* getrandom gives up to 256 bytes in one piece */
    ENSURE(getrandom(out, size_bytes, 0) == (ssize_t)size_bytes);
}
