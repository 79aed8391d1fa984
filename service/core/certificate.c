#include "service/core/certificate.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

#include "formats/identity/attestation_certificate.h"
#include "service/core/signer.h"

static bool add_extension(X509 *certificate, X509V3_CTX *context, int nid, const char *value)
{
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, context, nid, value);
    bool ok = extension != NULL && X509_add_ext(certificate, extension, -1) == 1;
    X509_EXTENSION_free(extension);
    return ok;
}

/* The epoch under the private extension's number, as in attestation certificates, but not critical: a broker that
 * does not know it must still accept the certificate. */
static bool add_epoch(X509 *certificate, uint32_t epoch)
{
    ASN1_INTEGER *number = ASN1_INTEGER_new();
    ASN1_OBJECT *name = OBJ_txt2obj(IDENTITY_EPOCH_OID, 1);
    ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
    unsigned char *der = NULL;
    int size = number != NULL && ASN1_INTEGER_set_uint64(number, epoch) == 1 ? i2d_ASN1_INTEGER(number, &der) : 0;
    X509_EXTENSION *extension = NULL;
    if (size > 0 && name != NULL && value != NULL && ASN1_OCTET_STRING_set(value, der, size) == 1) {
        extension = X509_EXTENSION_create_by_OBJ(NULL, name, 0, value);
    }
    bool ok = extension != NULL && X509_add_ext(certificate, extension, -1) == 1;
    X509_EXTENSION_free(extension);
    ASN1_OCTET_STRING_free(value);
    ASN1_OBJECT_free(name);
    ASN1_INTEGER_free(number);
    OPENSSL_free(der);
    return ok;
}

static bool add_extensions(X509 *certificate, X509 *ca, const struct device_record *record, const char *hex)
{
    char uri[sizeof "URI:urn:sopris:ueid:" + UEID_TEXT_SIZE_BYTES];
    X509V3_CTX context;
    snprintf(uri, sizeof uri, "URI:urn:sopris:ueid:%s", hex);
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, ca, certificate, NULL, NULL, 0);
    return add_extension(certificate, &context, NID_basic_constraints, "critical,CA:FALSE") &&
           add_extension(certificate, &context, NID_key_usage, "critical,digitalSignature") &&
           add_extension(certificate, &context, NID_ext_key_usage, "clientAuth") &&
           add_extension(certificate, &context, NID_subject_alt_name, uri) &&
           add_extension(certificate, &context, NID_authority_key_identifier, "keyid") &&
           add_epoch(certificate, record->epoch);
}

static bool set_serial(X509 *certificate, const uint8_t serial[CERTIFICATE_SERIAL_SIZE_BYTES])
{
    BIGNUM *number = BN_bin2bn(serial, CERTIFICATE_SERIAL_SIZE_BYTES, NULL);
    bool ok = number != NULL && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate)) != NULL;
    BN_free(number);
    return ok;
}

static bool fill(X509 *certificate, const struct device_record *record, X509 *ca)
{
    char hex[UEID_TEXT_SIZE_BYTES];
    ueid_to_text(&record->ueid, hex);
    X509_NAME *subject = X509_get_subject_name(certificate);
    /* V_ASN1_UTF8STRING instead of MBSTRING_UTF8: a UEID in hex has 66 characters, and OpenSSL holds a name given as
     * multi-byte text to the 64 of RFC 5280's ub-common-name (docs/decisions/0016-ueid-as-common-name.md). */
    return X509_set_version(certificate, X509_VERSION_3) == 1 && set_serial(certificate, record->serial) &&
           ASN1_TIME_set(X509_getm_notBefore(certificate), (time_t)record->not_before_s) != NULL &&
           ASN1_TIME_set(X509_getm_notAfter(certificate), (time_t)record->not_after_s) != NULL &&
           X509_NAME_add_entry_by_NID(subject, NID_commonName, V_ASN1_UTF8STRING, (const unsigned char *)hex, -1, -1,
                                      0) == 1 &&
           X509_set_issuer_name(certificate, X509_get_subject_name(ca)) == 1 &&
           add_extensions(certificate, ca, record, hex);
}

struct error certificate_issue(const struct device_record *record, X509 *ca, EVP_PKEY *ca_key, struct writer *out)
{
    EVP_PKEY *key = public_key_object(&record->operational_key);
    if (key == NULL) {
        ERR_clear_error();
        return ERROR(CRYPTO, KEY);
    }
    X509 *certificate = X509_new();
    unsigned char *der = NULL;
    int size = 0;
    if (certificate != NULL && X509_set_pubkey(certificate, key) == 1 && fill(certificate, record, ca) &&
        X509_sign(certificate, ca_key, EVP_sha256()) > 0) {
        size = i2d_X509(certificate, &der);
    }
    if (size > 0) {
        writer_bytes(out, span_of(der, (size_t)size));
    }
    OPENSSL_free(der);
    X509_free(certificate);
    EVP_PKEY_free(key);
    ERR_clear_error();
    return size > 0 && writer_ok(out) ? ERROR_NONE : ERROR(CRYPTO, INTERNAL);
}
