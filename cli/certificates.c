#include "cli/certificates.h"

#include <openssl/asn1.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <time.h>

#define CERTIFICATE_FILE_SIZE_BYTES_MAX 65536
#define SERIAL_SIZE_BYTES 16
/* A clock that is a little behind ours still accepts what we have just issued. */
#define BACKDATE_S 300

/* The type without OpenSSL's MBSTRING flag: a UEID in hexadecimal is 66 characters, two more than the upper bound for
 * common names in RFC 5280's appendix, which nothing that reads these certificates enforces. */
static bool add_name(X509_NAME *name, int nid, const char *value)
{
    return X509_NAME_add_entry_by_NID(name, nid, V_ASN1_UTF8STRING, (const unsigned char *)value, (int)strlen(value), -1,
                                      0) == 1;
}

static bool set_name(X509_NAME *name, const struct certificate_profile *profile)
{
    return add_name(name, NID_commonName, profile->common_name);
}

static bool set_serial(X509 *certificate)
{
    uint8_t serial[SERIAL_SIZE_BYTES];
    keys_random(serial, sizeof serial);
    serial[0] = (uint8_t)((serial[0] & 0x7F) | 0x40); /* positive, and always of full length (RFC 5280 4.1.2.2) */
    BIGNUM *number = BN_bin2bn(serial, sizeof serial, NULL);
    bool ok = number != NULL && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate)) != NULL;
    BN_free(number);
    return ok;
}

static bool set_validity(X509 *certificate, long lifetime_s)
{
    if (X509_gmtime_adj(X509_getm_notBefore(certificate), -BACKDATE_S) == NULL) {
        return false;
    }
    if (lifetime_s == CERTIFICATES_FOR_EVER) {
        return ASN1_TIME_set_string_X509(X509_getm_notAfter(certificate), "99991231235959Z") == 1;
    }
    return X509_time_adj_ex(X509_getm_notAfter(certificate), (int)(lifetime_s / CERTIFICATES_DAY_S),
                            lifetime_s % CERTIFICATES_DAY_S, NULL) != NULL;
}

static bool add_extension(X509 *certificate, X509V3_CTX *context, int nid, const char *value)
{
    if (value == NULL) {
        return true;
    }
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, context, nid, value);
    bool ok = extension != NULL && X509_add_ext(certificate, extension, -1) == 1;
    X509_EXTENSION_free(extension);
    return ok;
}

static bool set_extensions(X509 *certificate, X509 *issuer, const struct certificate_profile *profile)
{
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer != NULL ? issuer : certificate, certificate, NULL, NULL, 0);
    return add_extension(certificate, &context, NID_basic_constraints, profile->basic_constraints) &&
           add_extension(certificate, &context, NID_key_usage, profile->key_usage) &&
           add_extension(certificate, &context, NID_ext_key_usage, profile->extended_key_usage) &&
           add_extension(certificate, &context, NID_subject_alt_name, profile->subject_alternative_name) &&
           add_extension(certificate, &context, NID_subject_key_identifier, "hash") &&
           add_extension(certificate, &context, NID_authority_key_identifier, "keyid:always");
}

struct outcome certificates_issue(const struct certificate_profile *profile, EVP_PKEY *subject_key, X509 *issuer,
                                  EVP_PKEY *issuer_key, X509 **certificate)
{
    X509 *issued = X509_new();
    bool ok = issued != NULL && X509_set_version(issued, X509_VERSION_3) == 1 && set_serial(issued) &&
              set_name(X509_get_subject_name(issued), profile) && set_validity(issued, profile->lifetime_s) &&
              X509_set_issuer_name(issued, X509_get_subject_name(issuer != NULL ? issuer : issued)) == 1 &&
              X509_set_pubkey(issued, subject_key) == 1 && set_extensions(issued, issuer, profile) &&
              X509_sign(issued, issuer_key, EVP_sha256()) > 0;
    if (!ok) {
        X509_free(issued);
        return outcome_refused("OpenSSL could not make the certificate '%s'", profile->common_name);
    }
    *certificate = issued;
    return OUTCOME_OK;
}

struct outcome certificates_write(const char *path, X509 *const *certificates, size_t count, bool replace)
{
    BIO *memory = BIO_new(BIO_s_mem());
    bool ok = memory != NULL;
    for (size_t index = 0; ok && index < count; index++) {
        ok = PEM_write_bio_X509(memory, certificates[index]) == 1;
    }
    char *data = NULL;
    long size = ok ? BIO_get_mem_data(memory, &data) : 0;
    struct outcome outcome;
    if (!ok) {
        outcome = outcome_refused("OpenSSL could not encode the certificate for %s", path);
    } else if (replace) {
        outcome = file_write(path, span_of(data, (size_t)size), FILE_PUBLIC);
    } else {
        outcome = file_create(path, span_of(data, (size_t)size), FILE_PUBLIC);
    }
    BIO_free(memory);
    return outcome;
}

struct outcome certificates_load(const char *path, X509 **certificate)
{
    struct buffer contents = {NULL, 0, 0};
    PROCEED(file_read(path, CERTIFICATE_FILE_SIZE_BYTES_MAX, &contents));
    BIO *memory = BIO_new_mem_buf(contents.data, (int)contents.size);
    X509 *loaded = memory != NULL ? PEM_read_bio_X509(memory, NULL, NULL, NULL) : NULL;
    BIO_free(memory);
    file_forget(&contents);
    if (loaded == NULL) {
        return outcome_refused("%s holds no certificate in PEM form", path);
    }
    *certificate = loaded;
    return OUTCOME_OK;
}

struct outcome certificates_der(X509 *certificate, struct buffer *out)
{
    int size = i2d_X509(certificate, NULL);
    if (size <= 0 || (size_t)size > out->capacity) {
        return outcome_refused("a certificate does not fit the %zu bytes that the format has for it", out->capacity);
    }
    unsigned char *cursor = out->data;
    out->size = (size_t)i2d_X509(certificate, &cursor);
    return OUTCOME_OK;
}

bool certificates_lives(const X509 *certificate, long margin_s)
{
    time_t horizon = time(NULL) + margin_s;
    return X509_cmp_time(X509_get0_notAfter(certificate), &horizon) > 0;
}
