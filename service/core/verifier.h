/* Verification of evidence with keys that come back: OpenSSL's context for a key costs more than the verification's
 * own overhead, so the contexts of the keys used last are kept. What is cached is a key's context, never a verdict. */
#ifndef SERVICE_CORE_VERIFIER_H
#define SERVICE_CORE_VERIFIER_H

#include <openssl/evp.h>

#include "base/error.h"
#include "crypto/ecdsa_p256.h"

#define VERIFIER_ROW_COUNT 1024
#define VERIFIER_WAY_COUNT 4

struct verifier_entry {
    struct ecdsa_p256_public_key key;
    EVP_PKEY_CTX *context; /* NULL: unused */
    uint64_t used;
};

struct verifier {
    struct verifier_entry (*rows)[VERIFIER_WAY_COUNT];
    uint64_t clock;
};

MUST_USE struct error verifier_init(struct verifier *verifier);
void verifier_wipe(struct verifier *verifier);
/* errors  CRYPTO_SIGNATURE (also for a key off the curve), CRYPTO_INTERNAL */
MUST_USE struct error verifier_verify(struct verifier *verifier, const struct ecdsa_p256_public_key *key,
                                      const struct sha256_digest *digest,
                                      const struct ecdsa_p256_signature *signature);

#endif
