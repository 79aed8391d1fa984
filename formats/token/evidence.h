/* Evidence: an EAT (RFC 9711) as COSE_Sign1 with the attestation key.
 * Claims (labels of RFC 9711 / IANA CWT; private ones below -70000):
 *     8 cnf (operational public key), 10 nonce (challenge), 256 ueid, 261 uptime (s), 263 dbgstat, 267 boot count,
 *     273 measurements [+ [65001, bstr .cbor {1: component, 2: sequence, 3: digest, 4: authority digest}]],
 *     -70001 epoch, -70002 sequence within the boot, -70003 mode, -70004 TLS exporter value, -70005 ticket nonce,
 *     -70006 {fault kind => count}, -70007 rehash result,
 *     ? -70008 SHA-256 of the failure report beside the evidence
 * source  docs/protocol/evidence.md; DESIGN 4 */
#ifndef FORMATS_TOKEN_EVIDENCE_H
#define FORMATS_TOKEN_EVIDENCE_H

#include "base/error.h"
#include "base/writer.h"
#include "crypto/ecdsa_p256.h"
#include "formats/identity/identity.h"

#define EVIDENCE_SIZE_BYTES_MAX 1024
#define CHALLENGE_SIZE_BYTES 32
#define CHANNEL_BINDING_SIZE_BYTES 32
#define TICKET_NONCE_SIZE_BYTES 16

struct measurement {
    enum component component;
    uint32_t sequence;
    struct sha256_digest digest;
    struct sha256_digest authority; /* SHA-256 of the public key that signed the manifest */
};

enum device_mode {
    DEVICE_MODE_NORMAL = 1,
    DEVICE_MODE_ISOLATED = 2,
    DEVICE_MODE_UNCLAIMED = 3,
};

/* Calls into the monitor and faults that count as evidence; keys of claim -70006, absent when zero. */
enum fault_kind {
    FAULT_GATE_MODE = 1,      /* monitor called from a handler */
    FAULT_GATE_PRIVILEGE = 2, /* monitor called by unprivileged code */
    FAULT_GATE_BUSY = 3,      /* monitor called while busy */
    FAULT_REFLECTED = 4,      /* secure faults that non-secure code caused */
    FAULT_COMPARTMENT = 5,    /* compartments stopped by the kernel */
    FAULT_UNDECLARED = 6,     /* uses of something not declared */
};
#define FAULT_KIND_COUNT 6

struct evidence {
    uint8_t challenge[CHALLENGE_SIZE_BYTES];
    struct ueid ueid;
    struct ecdsa_p256_public_key operational_key;
    uint32_t uptime_s;
    bool debug;
    uint32_t boot_count;
    uint32_t epoch;
    uint32_t sequence;
    enum device_mode mode;
    uint8_t channel_binding[CHANNEL_BINDING_SIZE_BYTES];
    uint8_t ticket_nonce[TICKET_NONCE_SIZE_BYTES];
    uint32_t fault_counts[FAULT_KIND_COUNT + 1]; /* by enum fault_kind */
    bool rehash_ok;
    bool has_failures; /* a failure report of the monitor goes with this evidence */
    struct sha256_digest failures_digest;
    size_t measurement_count;
    struct measurement measurements[COMPONENT_COUNT];
};

MUST_USE struct error evidence_encode_payload(const struct evidence *evidence, struct writer *out);
/* Reads a whole token; signer and verification are the caller's (cose_sign1_verify).
 * signer  the attestation public key that the token names
 * errors  CBOR_*, COSE_*, EVIDENCE_STRUCTURE */
MUST_USE struct error evidence_parse(struct span token, struct evidence *out, struct ecdsa_p256_public_key *signer);

#endif
