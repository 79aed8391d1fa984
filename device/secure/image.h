/* Verified loading: root -> key set -> manifest -> image, copied from flash to RAM and verified as copied; nothing is
 * checked in one place and executed from another. ROM (monitor) and monitor (base, app) share it.
 * source  DESIGN 4; threats T-04, T-05, T-12 */
#ifndef DEVICE_SECURE_IMAGE_H
#define DEVICE_SECURE_IMAGE_H

#include "base/error.h"
#include "device/abi/slot.h"
#include "formats/manifest/manifest.h"

struct image_policy {
    enum component component;
    enum keyset_kind keyset_kind;
    const struct sha256_digest *root_digest;
    const struct uuid *vendor;
    const struct uuid *device_class;
    uint32_t generation_min;
    uint32_t sequence_min;
    /* Key set (as bytes) whose signature need not be verified again because it was, in this boot or under a receipt
     * that only the verifier could have made; NULL: verify. */
    const struct sha256_digest *keyset_verified;
    /* Same for the manifest. */
    const struct sha256_digest *manifest_verified;
};

struct image_facts {
    struct sha256_digest digest;          /* of the image as copied: the measurement */
    struct sha256_digest authority;       /* SHA-256 of the public key that signed the manifest */
    struct sha256_digest keyset_digest;   /* of the key set as bytes */
    struct sha256_digest manifest_digest; /* of the envelope as bytes */
    uint32_t sequence;
    uint32_t generation;
    uint32_t size_bytes;
};

/* Loads the image of one slot into out (capacity: the whole area; what the image does not fill is zeroed).
 * After an error the area is wiped and facts are not written.
 * errors  BOOT_SLOT_*, KEYSET_*, MANIFEST_*, CBOR_*, COSE_*, FLASH_* */
MUST_USE struct error image_load(uint32_t slot_index, const struct image_policy *policy, struct buffer *out,
                                 struct image_facts *facts);
/* To be called behind every success of image_load; ensures that out holds an image (threat T-12). */
void image_require_loaded(const struct buffer *image);

/* Verifies key set and manifest of an image that is not there yet, as image_load does.
 * header      untrusted, in memory that does not change underneath
 * facts       digest is the one that the manifest names; written only on success
 * errors      KEYSET_*, MANIFEST_*, CBOR_*, COSE_* */
MUST_USE struct error image_accept(const struct slot_header *header, const struct image_policy *policy,
                                   uint32_t image_size_bytes_max, struct image_facts *facts);

/* Size of the image that the slot's manifest names; nothing is verified.
 * errors  BOOT_SLOT_*, MANIFEST_*, CBOR_*, FLASH_* */
MUST_USE struct error image_size(uint32_t slot_index, enum component component, uint32_t *size_bytes);

/* Digest of the slot's key set as bytes, for looking up whether it is known; nothing is verified.
 * errors  BOOT_SLOT_*, FLASH_* */
MUST_USE struct error image_keyset_digest(uint32_t slot_index, enum component component, struct sha256_digest *digest);

#endif
