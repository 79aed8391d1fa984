/* Ownership voucher (RFC 8366 semantics): tells a device whose it is. A COSE_Sign1 by the maker root or by the present
 * owner root, payload
 *     {1: generation, 2: owner root digest, 3: service host, 4: service port, 5: subject}
 *     subject = bstr .size 33 (UEID) / tstr (batch)
 * Host and port are what the device dials; the TLS name is "service.sopris" and the trust anchor the owner root.
 * source  docs/protocol/voucher.md */
#ifndef FORMATS_IDENTITY_VOUCHER_H
#define FORMATS_IDENTITY_VOUCHER_H

#include "base/error.h"
#include "base/writer.h"
#include "crypto/ecdsa_p256.h"
#include "formats/identity/identity.h"

#define VOUCHER_SIZE_BYTES_MAX 512
#define VOUCHER_HOST_SIZE_BYTES_MAX 64

struct voucher {
    uint32_t generation; /* at least 1 */
    struct sha256_digest owner_root_digest;
    char host[VOUCHER_HOST_SIZE_BYTES_MAX + 1]; /* NUL-terminated: IPv4 in dotted form or a DNS name */
    uint16_t port;
    bool is_batch;
    struct ueid ueid;                      /* if not is_batch */
    char batch[BATCH_SIZE_BYTES_MAX + 1];  /* if is_batch, NUL-terminated */
    struct ecdsa_p256_public_key signer;   /* filled by voucher_parse */
};

/* Reads; checks neither signature nor signer.  errors  CBOR_*, COSE_*, VOUCHER_STRUCTURE */
MUST_USE struct error voucher_parse(struct span input, struct voucher *out);
/* errors  VOUCHER_SIGNATURE */
MUST_USE struct error voucher_verify_signature(struct span input);
/* True if the voucher speaks of this device. */
bool voucher_covers(const struct voucher *voucher, const struct ueid *ueid, struct span batch);
MUST_USE struct error voucher_encode_payload(const struct voucher *voucher, struct writer *out);

#endif
