/* COSE_Sign1 (RFC 9052), one profile for all our signed objects: tag 18, ES256, attached payload, empty unprotected
 * map, protected map of exactly
 *     1: -7 (ES256),  3: content type (text),  4: kid = the signer's raw public key (64 bytes, x || y).
 * The kid names a key; it never makes one trusted: the caller looks it up in what it trusts.
 * content_type NULL is the second profile, for the manifest alone: no label 3, payload null (detached).
 * source  docs/protocol/cose.md */
#ifndef FORMATS_COSE_COSE_H
#define FORMATS_COSE_COSE_H

#include "base/error.h"
#include "base/span.h"
#include "base/writer.h"
#include "crypto/ecdsa_p256.h"

#define COSE_OVERHEAD_SIZE_BYTES_MAX 256

/* Content types keep an object of one kind from passing as one of another. */
#define COSE_CONTENT_TYPE_KEYSET "application/sopris-keyset+cbor"
#define COSE_CONTENT_TYPE_VOUCHER "application/sopris-voucher+cbor"
#define COSE_CONTENT_TYPE_ANSWER "application/sopris-answer+cbor"
#define COSE_CONTENT_TYPE_OPERATOR_COMMAND "application/sopris-operator-command+cbor"
#define COSE_CONTENT_TYPE_EVIDENCE "application/eat+cwt"

/* A parsed, not yet verified object; spans borrow from the input. */
struct cose_sign1 {
    struct span protected_header;
    struct span content_type;
    struct span payload; /* empty when detached */
    struct ecdsa_p256_public_key signer;
    struct ecdsa_p256_signature signature;
};

/* errors  CBOR_TRUNCATED, _TRAILING, _NOT_CANONICAL, COSE_STRUCTURE, COSE_ALGORITHM, COSE_CONTENT_TYPE */
MUST_USE struct error cose_sign1_parse(struct span input, const char *content_type, struct cose_sign1 *out);
/* Digest of the Sig_structure ["Signature1", protected, h'', payload]; for a detached payload the caller sets
 * object->payload first. */
struct sha256_digest cose_sign1_digest(const struct cose_sign1 *object);
/* Verifies with the key that the object names; the caller has found that key in what it trusts.
 * errors  COSE_SIGNATURE */
MUST_USE struct error cose_sign1_verify(const struct cose_sign1 *object);

/* Encoding in two steps, so that the key may live elsewhere (monitor, PKCS#11 token):
 * first the digest to be signed, then the object with its signature. Both give the same bytes for the same inputs. */
MUST_USE struct error cose_sign1_prepare(const char *content_type, const struct ecdsa_p256_public_key *signer,
                                         struct span payload, struct sha256_digest *digest);
/* errors  CBOR_CAPACITY */
MUST_USE struct error cose_sign1_encode(const char *content_type, const struct ecdsa_p256_public_key *signer,
                                        struct span payload, const struct ecdsa_p256_signature *signature,
                                        struct writer *out);
/* Both steps with a key at hand. */
MUST_USE struct error cose_sign1_create(const char *content_type, const struct ecdsa_p256_private_key *private_key,
                                        const struct ecdsa_p256_public_key *signer, struct span payload,
                                        struct span nonce_input, struct writer *out);

#endif
