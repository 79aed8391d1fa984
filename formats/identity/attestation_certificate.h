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
/* Private critical extension for the epoch: 2.25.<a fixed UUID>, in DER in the .c file and in certificates.md. */
#define IDENTITY_EPOCH_OID "2.25.156857246115457661872613421472971720209"

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
