/* Receipts: what the ROM has verified and derived for a slot, so that an ordinary boot need not do it again. One a
 * slot, under a MAC key that only the ROM can derive. A receipt is a cache: losing one, torn or erased, costs time and
 * nothing else, so a write needs no second copy.
 * source  docs/protocol/boot-record.md, "Receipts" */
#ifndef DEVICE_ROM_ROM_RECEIPT_H
#define DEVICE_ROM_ROM_RECEIPT_H

#include "base/error.h"
#include "crypto/ecdsa_p256.h"
#include "device/abi/slot.h"
#include "formats/identity/attestation_certificate.h"

/* What a receipt is good for. */
struct rom_receipt_basis {
    struct sha256_digest fuses_digest; /* maker root, class and mode */
    struct sha256_digest keyset_digest;
    struct sha256_digest manifest_digest;
    struct sha256_digest measurement;
    uint32_t epoch;
};

struct rom_receipt {
    struct rom_receipt_basis basis;
    struct ecdsa_p256_public_key device_id;
    struct ecdsa_p256_public_key attestation_key;
    uint32_t certificate_size_bytes;
    uint8_t certificate[ATTESTATION_CERTIFICATE_SIZE_BYTES_MAX];
};

/* errors  BOOT_RECORD (none, torn, not made by this ROM on this device), FLASH_* */
MUST_USE struct error rom_receipt_read(uint32_t slot_index, const uint8_t key[32],
                                       const struct sha256_digest *fuses_digest, struct rom_receipt *out);
/* errors  FLASH_* */
MUST_USE struct error rom_receipt_write(uint32_t slot_index, const uint8_t key[32], const struct rom_receipt *receipt);

#endif
