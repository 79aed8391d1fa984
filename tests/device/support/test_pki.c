#include "tests/device/support/test_pki.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/ec.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#define DAY_S 86400L

static void require(int condition, const char *what)
{
    if (!condition) {
        fprintf(stderr, "test PKI: %s failed\n", what);
        abort();
    }
}

static void add_extension(X509 *x509, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX context;

    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer, x509, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    require(extension != NULL && X509_add_ext(x509, extension, -1) == 1, "an extension");
    X509_EXTENSION_free(extension);
}

static void set_names(X509 *x509, const struct test_certificate_options *options)
{
    X509_NAME *name = X509_get_subject_name(x509);

    require(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)options->name, -1, -1, 0) == 1,
            "the name");
    X509_set_issuer_name(x509, options->issuer != NULL ? X509_get_subject_name(options->issuer->x509) : name);
}

void test_certificate_make(struct test_certificate *certificate, const struct test_certificate_options *options)
{
    uint64_t serial = 0;
    char alternative[128];
    unsigned char *der = certificate->der;

    certificate->key = EVP_EC_gen(options->curve != NULL ? options->curve : "P-256");
    certificate->x509 = X509_new();
    require(certificate->key != NULL && certificate->x509 != NULL, "a key");
    X509_set_version(certificate->x509, X509_VERSION_3);
    require(RAND_bytes((unsigned char *)&serial, sizeof(serial)) == 1, "randomness");
    ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate->x509), serial >> 1 | 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate->x509), options->begins_s);
    X509_gmtime_adj(X509_getm_notAfter(certificate->x509), options->ends_s);
    X509_set_pubkey(certificate->x509, certificate->key);
    set_names(certificate->x509, options);

    X509 *issuer = options->issuer != NULL ? options->issuer->x509 : certificate->x509;
    add_extension(certificate->x509, issuer, NID_basic_constraints, options->is_ca ? "critical,CA:TRUE" : "CA:FALSE");
    add_extension(certificate->x509, issuer, NID_key_usage,
                  options->is_ca ? "critical,keyCertSign,cRLSign" : "critical,digitalSignature");
    if (!options->is_ca) {
        snprintf(alternative, sizeof(alternative), "DNS:%s", options->name);
        add_extension(certificate->x509, issuer, NID_subject_alt_name, alternative);
    }
    EVP_PKEY *signer = options->issuer != NULL ? options->issuer->key : certificate->key;
    require(X509_sign(certificate->x509, signer, EVP_sha256()) > 0, "signing");
    int size = i2d_X509(certificate->x509, NULL);
    require(size > 0 && size <= TEST_PKI_DER_SIZE_BYTES_MAX, "encoding");
    certificate->der_size = (size_t)i2d_X509(certificate->x509, &der);
}

struct span test_certificate_der(const struct test_certificate *certificate)
{
    return span_of(certificate->der, certificate->der_size);
}

void test_certificate_free(struct test_certificate *certificate)
{
    EVP_PKEY_free(certificate->key);
    X509_free(certificate->x509);
    memset(certificate, 0, sizeof(*certificate));
}

void test_pki_make(struct test_pki *pki, const char *server_name)
{
    struct test_certificate_options root = {"test owner root", NULL, 1, -DAY_S, 3650 * DAY_S, NULL};
    struct test_certificate_options ca = {"test service CA", &pki->root, 1, -DAY_S, 365 * DAY_S, NULL};
    struct test_certificate_options server = {server_name, &pki->ca, 0, -DAY_S, DAY_S, NULL};
    struct test_certificate_options client = {"test device", &pki->ca, 0, -DAY_S, DAY_S, NULL};

    test_certificate_make(&pki->root, &root);
    test_certificate_make(&pki->ca, &ca);
    test_certificate_make(&pki->server, &server);
    test_certificate_make(&pki->client, &client);
}

void test_pki_free(struct test_pki *pki)
{
    test_certificate_free(&pki->root);
    test_certificate_free(&pki->ca);
    test_certificate_free(&pki->server);
    test_certificate_free(&pki->client);
}
