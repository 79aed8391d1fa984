/* X.509 certificates that makers and owners issue. docs/protocol/certificates.md has the profiles. */
#ifndef CLI_CERTIFICATES_H
#define CLI_CERTIFICATES_H

#include <openssl/x509.h>

#include "cli/keys.h"

/* Seconds that a certificate lives; CERTIFICATES_FOR_EVER gives 99991231235959Z (RFC 5280 4.1.2.5). */
#define CERTIFICATES_FOR_EVER 0
#define CERTIFICATES_DAY_S 86400L

struct certificate_profile {
    const char *common_name;
    long lifetime_s;
    const char *basic_constraints;  /* OpenSSL's notation, "critical,CA:TRUE,pathlen:0" */
    const char *key_usage;          /* "critical,keyCertSign,cRLSign" */
    const char *extended_key_usage; /* NULL: none */
    const char *subject_alternative_name; /* NULL: none */
};

/* Issues a certificate with a random 128-bit serial number. The caller frees *certificate (X509_free).
 * subject_key  public part is certified
 * issuer       NULL: self-signed, issuer_key is the subject's own */
MUST_USE struct outcome certificates_issue(const struct certificate_profile *profile, EVP_PKEY *subject_key,
                                           X509 *issuer, EVP_PKEY *issuer_key, X509 **certificate);
/* Writes PEM, the given certificates in order; refuses to replace a file unless replace. */
MUST_USE struct outcome certificates_write(const char *path, X509 *const *certificates, size_t count, bool replace);
/* Reads the first certificate of a PEM file. */
MUST_USE struct outcome certificates_load(const char *path, X509 **certificate);
/* DER form into out.  */
MUST_USE struct outcome certificates_der(X509 *certificate, struct buffer *out);
/* OK if certificate's notAfter is further away than margin_s. */
bool certificates_lives(const X509 *certificate, long margin_s);

#endif
