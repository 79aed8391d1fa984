/* Everything the ROM knows in one boot; wiped with the ROM's RAM before the jump. */
#ifndef DEVICE_ROM_ROM_STATE_H
#define DEVICE_ROM_ROM_STATE_H

#include "device/abi/fuses.h"
#include "device/hal/secrets.h"
#include "device/rom/rom_receipt.h"
#include "device/secure/boot_record.h"
#include "device/secure/image.h"

struct rom_state { /* Holds secrets. */
    struct hal_secrets secrets;
    uint8_t receipt_key[32];
    struct boot_record record;
    struct fuses fuses;
    struct sha256_digest fuses_digest;
    uint32_t epoch;
    uint32_t generation_min;
    bool receipt_known[SLOT_COUNT];
    struct rom_receipt receipts[SLOT_COUNT];
    uint32_t slot_errors[SLOT_COUNT]; /* ERROR_CODE_NONE where nothing was refused */
    uint32_t slot_index; /* that runs */
    struct image_facts facts;
    struct ecdsa_p256_private_key device_id;
};

/* The record key of an epoch. */
void rom_record_key(const struct rom_state *state, uint32_t epoch, uint8_t out[32]);

#endif
