#include "device/rom/rom_receipt.h"

#include <string.h>

#include "base/ensure.h"
#include "base/secret.h"
#include "crypto/hmac_sha256.h"
#include "device/abi/flash_map.h"
#include "device/hal/flash.h"
#include "device/secure/hardened_try.h"

#define RECEIPT_MAGIC 0x52435054u

/* Only this ROM on this device writes or believes these bytes, so they are the struct as it is. */
struct stored_receipt {
    uint32_t magic;
    struct rom_receipt receipt;
    struct sha256_digest mac; /* HMAC-SHA-256 over all that stands before it */
};

_Static_assert(sizeof(struct stored_receipt) <= FLASH_BLOCK_SIZE, "a receipt fits its block");
_Static_assert(sizeof(struct stored_receipt) % FLASH_WORD_SIZE == 0, "whole words are programmed");
_Static_assert(SLOT_COUNT * FLASH_BLOCK_SIZE <= FLASH_RECEIPT_SIZE, "a block for each slot");
_Static_assert(sizeof(struct stored_receipt) == 4 + sizeof(struct rom_receipt) + SHA256_DIGEST_SIZE_BYTES,
               "no padding");

static uint32_t receipt_offset_bytes(uint32_t slot_index)
{
    return FLASH_RECEIPT_OFFSET + slot_index * FLASH_BLOCK_SIZE;
}

static void receipt_mac(const struct stored_receipt *stored, const uint8_t key[32], struct sha256_digest *mac)
{
    hmac_sha256(span_of(key, 32), span_of(stored, offsetof(struct stored_receipt, mac)), mac);
}

/* Resists a skip of the branch. */
static struct error receipt_check(const struct stored_receipt *stored, const uint8_t key[32],
                                  const struct sha256_digest *fuses_digest)
{
    struct sha256_digest mac;
    receipt_mac(stored, key, &mac);
    uint32_t authentic = hardened_equal(mac.bytes, stored->mac.bytes, sizeof(mac.bytes));
    secret_wipe(&mac, sizeof(mac));
    uint32_t same_fuses =
        hardened_equal(fuses_digest->bytes, stored->receipt.basis.fuses_digest.bytes, sizeof(fuses_digest->bytes));
    uint32_t authentic_second = hardened_launder(authentic);
    uint32_t same_fuses_second = hardened_launder(same_fuses);
    if (stored->magic != RECEIPT_MAGIC || authentic != HARDENED_TRUE || same_fuses != HARDENED_TRUE) {
        return ERROR(BOOT, RECORD);
    }
    hardened_require(authentic_second);
    hardened_require(same_fuses_second);
    return ERROR_NONE;
}

struct error rom_receipt_read(uint32_t slot_index, const uint8_t key[32], const struct sha256_digest *fuses_digest,
                              struct rom_receipt *out)
{
    struct stored_receipt stored;
    TRY(hal_flash_read(receipt_offset_bytes(slot_index), (uint8_t *)&stored, sizeof(stored)));
    HARDENED_TRY(receipt_check(&stored, key, fuses_digest));
    ENSURE(stored.receipt.certificate_size_bytes <= sizeof(stored.receipt.certificate));
    *out = stored.receipt;
    return ERROR_NONE;
}

struct error rom_receipt_write(uint32_t slot_index, const uint8_t key[32], const struct rom_receipt *receipt)
{
    struct stored_receipt stored;
    memset(&stored, 0, sizeof(stored));
    stored.magic = RECEIPT_MAGIC;
    stored.receipt = *receipt;
    receipt_mac(&stored, key, &stored.mac);
    TRY(hal_flash_erase(receipt_offset_bytes(slot_index), FLASH_BLOCK_SIZE));
    return hal_flash_program(receipt_offset_bytes(slot_index), span_of(&stored, sizeof(stored)));
}
