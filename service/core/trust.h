/* Which makers' certificates are believed, and what a device's certificates say. */
#ifndef SERVICE_CORE_TRUST_H
#define SERVICE_CORE_TRUST_H

#include <openssl/x509.h>

#include "base/error.h"
#include "formats/checkin/checkin.h"
#include "service/decide/decide.h"
#include "service/store/store.h"

#define TRUST_MAKER_COUNT_MAX 64

struct trusted_maker {
    struct sha256_digest root_digest; /* of the raw public key */
    X509 *root;
    X509 *ca;
    bool has_identity;
    struct uuid vendor;
    struct uuid device_class;
};

struct trust {
    size_t maker_count;
    struct trusted_maker makers[TRUST_MAKER_COUNT_MAX];
};

/* Reads all makers anew from the store; inside a transaction. */
MUST_USE struct error trust_load(struct trust *trust, struct store *store);
void trust_wipe(struct trust *trust);
/* True if root_key is the key of a trusted maker's root. */
bool trust_has_root(const struct trust *trust, const struct ecdsa_p256_public_key *root_key);

/* Checks that root is a self-signed P-256 CA and ca a CA under it.  errors  IDENTITY_CERTIFICATE, IDENTITY_CHAIN */
MUST_USE struct error trust_check_maker(X509 *root, X509 *ca);

/* Reads a device's certificates. An error means that they cannot be read and there is no identity.
 * identity  what they say
 * chain     ERROR_NONE if every signature on the way to a trusted maker verifies, else the reason */
MUST_USE struct error trust_read_chain(const struct trust *trust, const struct checkin_request *request,
                                       struct device_identity *identity, struct error *chain);
/* A DER certificate with nothing behind it, or NULL. */
X509 *certificate_read(struct span der);

#endif
