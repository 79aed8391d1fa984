/* A P-256 private key of the service in use: loaded once, its signing context kept. */
#ifndef SERVICE_CORE_SIGNER_H
#define SERVICE_CORE_SIGNER_H

#include <openssl/evp.h>

#include "base/error.h"
#include "crypto/ecdsa_p256.h"

struct signer;

/* NULL and a line in the log if the PEM file holds no P-256 key. */
struct signer *signer_open(const char *path);
/* Makes a key and keeps it in a new file beside another: that name, a dot, and the first digits of the public key.
 * errors  CRYPTO_INTERNAL, STORE_IO */
MUST_USE struct error signer_create(const char *beside, struct signer **out);
void signer_close(struct signer *signer);
const struct ecdsa_p256_public_key *signer_public(const struct signer *signer);
EVP_PKEY *signer_key(const struct signer *signer);
/* errors  CRYPTO_INTERNAL */
MUST_USE struct error signer_sign(const struct signer *signer, const struct sha256_digest *digest,
                                  struct ecdsa_p256_signature *out);

/* Raw public key of a P-256 key.  errors  CRYPTO_KEY: another kind of key */
MUST_USE struct error public_key_of(EVP_PKEY *key, struct ecdsa_p256_public_key *out);
/* The other way; NULL for bytes that are no point on the curve. The caller frees it. */
EVP_PKEY *public_key_object(const struct ecdsa_p256_public_key *key);

#endif
