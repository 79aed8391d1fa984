/* Signed objects of our own formats from keys in files. */
#ifndef CLI_SIGNING_H
#define CLI_SIGNING_H

#include "cli/keys.h"
#include "formats/identity/keyset.h"
#include "formats/identity/voucher.h"

/* Key set of generation 1 with one key, signed by root. */
MUST_USE struct outcome signing_keyset(const EVP_PKEY *root, enum keyset_kind kind, const EVP_PKEY *member,
                                       struct writer *out);
MUST_USE struct outcome signing_keyset_of(const EVP_PKEY *root, const struct keyset *keyset, struct writer *out);
MUST_USE struct outcome signing_voucher(const EVP_PKEY *root, const struct voucher *voucher, struct writer *out);
/* The operator's signature over one request, made now (T-19).
 * target  method, a space, path with query
 * out     OPERATOR_COMMAND_SIZE_BYTES_MAX */
MUST_USE struct outcome signing_operator_command(const EVP_PKEY *key, const char *target, struct span body,
                                                 struct writer *out);
/* Signs a digest made by one of the formats' prepare functions. */
MUST_USE struct outcome signing_digest(const EVP_PKEY *key, const struct sha256_digest *digest,
                                       struct ecdsa_p256_signature *signature);

#endif
