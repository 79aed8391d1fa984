/* What the ROM leaves for the monitor, at MEMORY_HANDOFF_BASE in secure SRAM. Native layout: both sides are built for
 * the same core. The monitor copies it and wipes the original before anything else. UDS, DeviceID's private key and the
 * raw seed are not in it (threat T-03). */
#ifndef DEVICE_ABI_HANDOFF_H
#define DEVICE_ABI_HANDOFF_H

#include "crypto/ecdsa_p256.h"
#include "device/abi/fuses.h"
#include "formats/identity/attestation_certificate.h"
#include "formats/identity/identity.h"

#define HANDOFF_MAGIC 0x484F4646u
#define HANDOFF_SECRET_SIZE_BYTES 32

struct handoff_secrets { /* A secret as a whole. */
    uint8_t cdi_attest[HANDOFF_SECRET_SIZE_BYTES];
    uint8_t cdi_seal[HANDOFF_SECRET_SIZE_BYTES];
    uint8_t record_key[HANDOFF_SECRET_SIZE_BYTES]; /* MAC key of the boot record in this epoch */
    uint8_t kept_key[HANDOFF_SECRET_SIZE_BYTES];   /* authenticates kept storage and the claim; the same in every epoch */
    uint8_t seed[HANDOFF_SECRET_SIZE_BYTES];       /* derived from the injected seed; fresh at every boot */
    struct ecdsa_p256_private_key attestation_key;
};

struct handoff {
    uint32_t magic;
    uint32_t size_bytes; /* sizeof(struct handoff) */
    struct handoff_secrets secrets;
    struct fuses fuses;
    struct ueid ueid;
    uint32_t epoch;
    uint32_t boot_count;
    uint32_t monitor_slot;
    uint32_t monitor_sequence;
    struct sha256_digest monitor_digest;
    struct sha256_digest monitor_authority;      /* SHA-256 of the public key that signed its manifest */
    struct sha256_digest release_keyset_digest;  /* of the key set, as bytes, that the ROM verified */
    uint32_t release_generation;
    uint32_t slot_errors[2]; /* why a slot was refused in this boot; ERROR_CODE_NONE if it was not */
    struct ecdsa_p256_public_key attestation_public_key;
    uint32_t attestation_certificate_size_bytes;
    uint8_t attestation_certificate[ATTESTATION_CERTIFICATE_SIZE_BYTES_MAX];
};

#endif
