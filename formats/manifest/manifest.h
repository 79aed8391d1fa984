/* Manifest: a profile of the SUIT envelope (draft-ietf-suit-manifest; RFC 9019, RFC 9124).
 * Authentication wrapper with one COSE_Sign1 (ES256, detached payload = the SUIT_Digest), protected header
 * {1: -7, 4: kid = raw public key}; one component, vendor and class conditions, image digest and size, sequence number,
 * text with the version. No URI. Anything outside the profile is refused.
 * source  docs/protocol/manifest.md */
#ifndef FORMATS_MANIFEST_MANIFEST_H
#define FORMATS_MANIFEST_MANIFEST_H

#include "base/error.h"
#include "base/writer.h"
#include "crypto/ecdsa_p256.h"
#include "formats/identity/identity.h"
#include "formats/identity/keyset.h"

#define MANIFEST_SIZE_BYTES_MAX 768
#define MANIFEST_VERSION_SIZE_BYTES_MAX 32

struct manifest {
    enum component component;
    uint32_t sequence;
    struct uuid vendor;
    struct uuid device_class;
    struct sha256_digest image_digest;
    uint32_t image_size_bytes;
    char version[MANIFEST_VERSION_SIZE_BYTES_MAX + 1]; /* text for people, NUL-terminated */
    struct ecdsa_p256_public_key signer;               /* as named by the envelope */
};

/* Reads an envelope and checks the digest that the signature covers; verifies neither signature nor signer.
 * errors  CBOR_*, MANIFEST_STRUCTURE, MANIFEST_UNSIGNED, MANIFEST_DIGEST */
MUST_USE struct error manifest_parse(struct span envelope, struct manifest *out);
/* What a signature must cover and the signature itself, for a verifier that takes the decision in its own hardened way.
 * The digest is computed from the manifest as read, never taken from the envelope. */
struct manifest_signed {
    struct sha256_digest digest;
    struct ecdsa_p256_signature signature;
    struct span version; /* as it stands in the envelope, not checked to be printable; borrowed */
};

/* manifest_parse that gives these, and leaves the manifest's version empty: a verifier shows it to nobody, so ROM and
 * monitor are spared the check of its characters. Errors as there. */
MUST_USE struct error manifest_parse_signed(struct span envelope, struct manifest *out,
                                            struct manifest_signed *signed_out);
/* errors  MANIFEST_SIGNATURE */
MUST_USE struct error manifest_verify_signature(struct span envelope);

/* What a device demands of a manifest besides its signature. The key set's own floor for the component counts as well
 * as sequence_min. */
struct manifest_policy {
    enum component component;
    const struct uuid *vendor;
    const struct uuid *device_class;
    uint32_t sequence_min;
    uint32_t image_size_bytes_max;
    const struct keyset *keyset;
};

/* errors  MANIFEST_SIGNER, _VENDOR, _CLASS, _COMPONENT, _ROLLBACK, _SIZE; in this order */
MUST_USE struct error manifest_check(const struct manifest *manifest, const struct manifest_policy *policy);

/* Encoding in two steps (key file or token): digest to be signed, then the envelope. */
MUST_USE struct error manifest_prepare(const struct manifest *manifest, struct sha256_digest *digest);
/* errors  CBOR_CAPACITY */
MUST_USE struct error manifest_encode(const struct manifest *manifest, const struct ecdsa_p256_signature *signature,
                                      struct writer *out);

#endif
