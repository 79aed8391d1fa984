/* Keys and certificates for tests, made afresh in each run: owner root -> service CA -> server, as in the product. */
#ifndef TESTS_DEVICE_SUPPORT_TEST_PKI_H
#define TESTS_DEVICE_SUPPORT_TEST_PKI_H

#include <stddef.h>
#include <stdint.h>

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "base/span.h"

#define TEST_PKI_DER_SIZE_BYTES_MAX 1024

struct test_certificate {
    EVP_PKEY *key;
    X509 *x509;
    uint8_t der[TEST_PKI_DER_SIZE_BYTES_MAX];
    size_t der_size;
};

struct test_pki {
    struct test_certificate root;
    struct test_certificate ca;
    struct test_certificate server;
    struct test_certificate client;
};

struct test_certificate_options {
    const char *name;                       /* common name, and DNS name unless it is a CA */
    const struct test_certificate *issuer;  /* NULL: self-signed */
    int is_ca;
    long begins_s; /* relative to now */
    long ends_s;
    const char *curve; /* NULL: P-256 */
};

void test_certificate_make(struct test_certificate *certificate, const struct test_certificate_options *options);
struct span test_certificate_der(const struct test_certificate *certificate);
void test_certificate_free(struct test_certificate *certificate);

/* server_name  DNS name in the server's certificate */
void test_pki_make(struct test_pki *pki, const char *server_name);
void test_pki_free(struct test_pki *pki);

#endif
