/* Key set: one format for release, app and control keys. A COSE_Sign1 by the maker root (release) or the owner root
 * (app, control), payload
 *     {1: kind, 2: generation, 3: [+ bstr .size 64], 4: {component => lowest accepted sequence number}}
 * source  docs/protocol/keyset.md; DESIGN 3 */
#ifndef FORMATS_IDENTITY_KEYSET_H
#define FORMATS_IDENTITY_KEYSET_H

#include "base/error.h"
#include "base/writer.h"
#include "crypto/ecdsa_p256.h"
#include "formats/identity/identity.h"

enum keyset_kind {
    KEYSET_RELEASE = 1,
    KEYSET_APP = 2,
    KEYSET_CONTROL = 3,
};

#define KEYSET_KEY_COUNT_MAX 4
#define KEYSET_SIZE_BYTES_MAX 640

struct keyset {
    enum keyset_kind kind;
    uint32_t generation; /* absolute; gaps are fine; at least 1 */
    size_t key_count;
    struct ecdsa_p256_public_key keys[KEYSET_KEY_COUNT_MAX];
    uint32_t sequence_min[COMPONENT_COUNT + 1]; /* by enum component; index 0 unused; 0 where not given */
};

/* Reads the key set and checks that it names the trusted root and is of this kind; does not verify the signature.
 * root_digest  SHA-256 of the raw root public key
 * errors       CBOR_*, COSE_*, KEYSET_STRUCTURE, KEYSET_ROOT, KEYSET_KIND */
MUST_USE struct error keyset_parse(struct span input, enum keyset_kind kind, const struct sha256_digest *root_digest,
                                   struct keyset *out);
/* Verifies the signature of an input that keyset_parse accepted.  errors  KEYSET_SIGNATURE */
MUST_USE struct error keyset_verify_signature(struct span input);
/* Both.  */
MUST_USE struct error keyset_verify(struct span input, enum keyset_kind kind, const struct sha256_digest *root_digest,
                                    struct keyset *out);
/* True if key is a member. Public data, not constant time. */
bool keyset_contains(const struct keyset *keyset, const struct ecdsa_p256_public_key *key);
/* Payload to be signed with COSE_CONTENT_TYPE_KEYSET. */
MUST_USE struct error keyset_encode_payload(const struct keyset *keyset, struct writer *out);

#endif
