/* The attestation certificate that the ROM writes: X.509 v3, DER, P-256, signed by DeviceID.
 *   issuer   CN = UEID in hex (the subject of the DeviceID certificate)
 *   subject  CN = "attestation", serialNumber attribute = first 16 bytes of SHA-256(public key) in hex
 *   notAfter 99991231235959Z (RFC 5280 4.1.2.5)
 *   extensions  basicConstraints CA:FALSE; keyUsage digitalSignature; extendedKeyUsage tcg-dice-kp-attestLoc;
 *               TCG DICE TcbInfo (2.23.133.5.4.1): type "monitor", svn = sequence number, fwids = SHA-256 of the image,
 *               flags (bit 3 debug);
 *               critical private extension with the epoch, INTEGER
 * One codec for both directions: the service re-reads with the parser here what OpenSSL has verified as a signature.
 * source  TCG DICE Attestation Architecture 1.1, 5.1; docs/protocol/certificates.md */
#ifndef FORMATS_IDENTITY_ATTESTATION_CERTIFICATE_H
#define FORMATS_IDENTITY_ATTESTATION_CERTIFICATE_H

#include "base/error.h"
#include "base/writer.h"
#include "crypto/ecdsa_p256.h"
#include "formats/identity/identity.h"

#define ATTESTATION_CERTIFICATE_SIZE_BYTES_MAX 640
/* The private critical extension with the epoch. Not 2.25.<UUID>: its arc of 128 bits makes Go and Rust parsers refuse
 * the whole certificate. */
#define IDENTITY_EPOCH_OID \
    "1.2.840.113556.1.8000.2554.30209.39762.37869.18973.37952.1331842.13862417"

struct attestation_certificate {
    struct ueid ueid; /* the issuer */
    struct ecdsa_p256_public_key public_key;
    struct sha256_digest monitor_digest;
    uint32_t monitor_sequence;
    uint32_t epoch;
    bool debug;
};

/* Encoding in two steps: the to-be-signed part with its digest, then the certificate with the signature. */
MUST_USE struct error attestation_certificate_prepare(const struct attestation_certificate *certificate,
                                                      struct sha256_digest *digest);
/* errors  CBOR_CAPACITY */
MUST_USE struct error attestation_certificate_encode(const struct attestation_certificate *certificate,
                                                     const struct ecdsa_p256_signature *signature,
                                                     struct writer *out);
/* Reads exactly the profile above; verifies nothing.
 * errors  IDENTITY_CERTIFICATE, IDENTITY_TCB_INFO */
MUST_USE struct error attestation_certificate_parse(struct span der, struct attestation_certificate *out,
                                                    struct sha256_digest *signed_digest,
                                                    struct ecdsa_p256_signature *signature);

#endif
