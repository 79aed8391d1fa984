#include "device/secure/image.h"

#include <string.h>

#include "base/secret.h"
#include "device/hal/flash.h"
#include "device/secure/hardened_try.h"
#include "formats/cose/cose.h"

/* What one slot claims, as far as it has been believed. Spans point into header_block. */
struct candidate {
    struct slot_header header;
    struct keyset keyset;
    struct manifest manifest;
    struct image_facts facts;
};

/* One at a time: the ROM is alone, the monitor loads before anything else runs. The header is parsed and verified
 * in this copy, so that the flash cannot change underneath. */
static uint8_t header_block[SLOT_HEADER_SIZE_BYTES];

static struct error header_read(uint32_t slot_index, enum component component, struct slot_header *header)
{
    TRY(hal_flash_read(slot_offset_bytes(component, slot_index), header_block, sizeof(header_block)));
    return slot_header_parse(SPAN_OF(header_block), header);
}

static struct error digest_check(const struct sha256_digest *found, const struct sha256_digest *wanted,
                                 struct error refusal)
{
    uint32_t equal = hardened_equal(found->bytes, wanted->bytes, sizeof(found->bytes));
    uint32_t second = hardened_launder(equal);
    if (equal != HARDENED_TRUE) {
        return refusal;
    }
    /* Resists a skip of the branch above. */
    hardened_require(second);
    return ERROR_NONE;
}

static struct error floor_check(uint32_t value, uint32_t floor, struct error refusal)
{
    /* Decided before the branch: behind it, a register of the comparison may hold the refusal, which is a large number. */
    uint32_t second = hardened_launder(hardened_launder(value) >= hardened_launder(floor) ? HARDENED_TRUE : HARDENED_FALSE);
    if (value < floor) {
        return refusal;
    }
    /* Resists a skip of the branch above. */
    hardened_require(second);
    return ERROR_NONE;
}

static struct error signature_check(const struct ecdsa_p256_public_key *key, const struct sha256_digest *digest,
                                    const struct ecdsa_p256_signature *signature, struct error refusal)
{
    struct error verdict = ecdsa_p256_verify(key, digest, signature);
    struct error second = hardened_copy(verdict);
    if (!error_is_none(verdict)) {
        return refusal;
    }
    /* Resists a skip of the branch above. */
    hardened_require_none(second);
    return ERROR_NONE;
}

/* Refuses unless these bytes are those that were verified before. */
static struct error known_check(const struct sha256_digest *digest, const struct sha256_digest *verified,
                                struct error refusal)
{
    return verified == NULL ? refusal : digest_check(digest, verified, refusal);
}

/* Root -> key set. A skip of the branch between the two checks leaves the refusal of the first in place. */
static struct error keyset_accept(struct candidate *candidate, const struct image_policy *policy)
{
    struct span bytes = candidate->header.keyset;
    HARDENED_TRY(keyset_parse(bytes, policy->keyset_kind, policy->root_digest, &candidate->keyset));
    struct cose_sign1 object;
    HARDENED_TRY(cose_sign1_parse(bytes, COSE_CONTENT_TYPE_KEYSET, &object));
    struct sha256_digest root = sha256_of(SPAN_OF(object.signer.bytes));
    HARDENED_TRY(digest_check(&root, policy->root_digest, ERROR(KEYSET, ROOT)));
    candidate->facts.keyset_digest = sha256_of(bytes);
    struct error known =
        known_check(&candidate->facts.keyset_digest, policy->keyset_verified, ERROR(KEYSET, SIGNATURE));
    struct error verdict = hardened_copy(known);
    if (!error_is_none(known)) {
        struct sha256_digest digest = cose_sign1_digest(&object);
        verdict = signature_check(&object.signer, &digest, &object.signature, ERROR(KEYSET, SIGNATURE));
    }
    HARDENED_TRY(verdict);
    candidate->facts.generation = candidate->keyset.generation;
    /* Twice, for a skip where the generation is read: what the register held before may be a large number. */
    HARDENED_TRY(floor_check(candidate->keyset.generation, policy->generation_min, ERROR(KEYSET, GENERATION)));
    return floor_check(candidate->keyset.generation, policy->generation_min, ERROR(KEYSET, GENERATION));
}

/* Key set -> manifest. */
static struct error manifest_accept(struct candidate *candidate, const struct image_policy *policy,
                                    uint32_t image_size_bytes_max)
{
    struct span bytes = candidate->header.manifest;
    struct manifest *manifest = &candidate->manifest;
    uint32_t keyset_floor = candidate->keyset.sequence_min[policy->component];
    struct manifest_policy manifest_policy = {
        .component = policy->component,
        .vendor = policy->vendor,
        .device_class = policy->device_class,
        .sequence_min = keyset_floor > policy->sequence_min ? keyset_floor : policy->sequence_min,
        .image_size_bytes_max = image_size_bytes_max,
        .keyset = &candidate->keyset,
    };
    struct manifest_signed covered;
    HARDENED_TRY(manifest_parse_signed(bytes, manifest, &covered));
    HARDENED_TRY(manifest_check(manifest, &manifest_policy));
    /* Once more as a whole: its own comparisons are plain ones. */
    HARDENED_TRY(manifest_check(manifest, &manifest_policy));
    candidate->facts.manifest_digest = sha256_of(bytes);
    struct error known =
        known_check(&candidate->facts.manifest_digest, policy->manifest_verified, ERROR(MANIFEST, SIGNATURE));
    struct error verdict = hardened_copy(known);
    if (!error_is_none(known)) {
        verdict =
            signature_check(&manifest->signer, &covered.digest, &covered.signature, ERROR(MANIFEST, SIGNATURE));
    }
    HARDENED_TRY(verdict);
    HARDENED_TRY(floor_check(manifest->sequence, policy->sequence_min, ERROR(MANIFEST, ROLLBACK)));
    HARDENED_TRY(floor_check(manifest->sequence, keyset_floor, ERROR(MANIFEST, ROLLBACK)));
    candidate->facts.authority = sha256_of(SPAN_OF(manifest->signer.bytes));
    candidate->facts.sequence = manifest->sequence;
    candidate->facts.size_bytes = manifest->image_size_bytes;
    return ERROR_NONE;
}

/* Manifest -> image: the copy that will run is the copy that is measured. */
static struct error image_copy(struct candidate *candidate, uint32_t image_offset_bytes, struct buffer *out)
{
    size_t size_bytes = candidate->manifest.image_size_bytes;
    if (size_bytes > out->capacity) {
        return ERROR(MANIFEST, SIZE);
    }
    TRY(hal_flash_read(image_offset_bytes, out->data, size_bytes));
    memset(out->data + size_bytes, 0, out->capacity - size_bytes);
    out->size = size_bytes;
    candidate->facts.digest = sha256_of(span_of_buffer(out));
    return digest_check(&candidate->facts.digest, &candidate->manifest.image_digest,
                        ERROR(MANIFEST, IMAGE_DIGEST));
}

static struct error candidate_load(struct candidate *candidate, uint32_t slot_index,
                                   const struct image_policy *policy, struct buffer *out)
{
    size_t room_bytes = slot_size_bytes(policy->component) - SLOT_HEADER_SIZE_BYTES;
    size_t size_bytes_max = room_bytes < out->capacity ? room_bytes : out->capacity;
    HARDENED_TRY(header_read(slot_index, policy->component, &candidate->header));
    HARDENED_TRY(keyset_accept(candidate, policy));
    HARDENED_TRY(manifest_accept(candidate, policy, (uint32_t)size_bytes_max));
    uint32_t image_offset_bytes = slot_offset_bytes(policy->component, slot_index) + SLOT_HEADER_SIZE_BYTES;
    HARDENED_TRY(image_copy(candidate, image_offset_bytes, out));
    return ERROR_NONE;
}

static uint32_t at_least(uint32_t value, uint32_t floor)
{
    return hardened_launder(value) >= hardened_launder(floor) ? HARDENED_TRUE : HARDENED_FALSE;
}

/* All floors once more, with pointers of its own: a skipped return that runs on into constants behind it can leave
 * keyset_accept or manifest_accept with a register that points elsewhere. */
__attribute__((noinline)) static void floors_require(const struct candidate *candidate, const struct image_policy *policy)
{
    hardened_require(at_least(candidate->keyset.generation, policy->generation_min));
    hardened_require(at_least(candidate->manifest.sequence, policy->sequence_min));
    hardened_require(at_least(candidate->manifest.sequence, candidate->keyset.sequence_min[policy->component]));
}

struct error image_load(uint32_t slot_index, const struct image_policy *policy, struct buffer *out,
                        struct image_facts *facts)
{
    struct candidate candidate;
    struct error error = candidate_load(&candidate, slot_index, policy, out);
    struct error second = hardened_copy(error);
    if (!error_is_none(error)) {
        secret_wipe(out->data, out->capacity);
        out->size = 0;
        return hardened_refusal(error);
    }
    hardened_require_none(second);
    floors_require(&candidate, policy);
    *facts = candidate.facts;
    return ERROR_NONE;
}

/* Resists a skip where image_load assigns its refusal, which would leave with the success of a check before: what was refused
 * has been wiped and has no size. */
void image_require_loaded(const struct buffer *image)
{
    hardened_require(image->size != 0 ? HARDENED_TRUE : HARDENED_FALSE);
}

struct error image_keyset_digest(uint32_t slot_index, enum component component, struct sha256_digest *digest)
{
    struct slot_header header;
    TRY(header_read(slot_index, component, &header));
    *digest = sha256_of(header.keyset);
    return ERROR_NONE;
}

struct error image_accept(const struct slot_header *header, const struct image_policy *policy,
                          uint32_t image_size_bytes_max, struct image_facts *facts)
{
    struct candidate candidate = {.header = *header};
    HARDENED_TRY(keyset_accept(&candidate, policy));
    HARDENED_TRY(manifest_accept(&candidate, policy, image_size_bytes_max));
    candidate.facts.digest = candidate.manifest.image_digest;
    *facts = candidate.facts;
    return ERROR_NONE;
}

struct error image_size(uint32_t slot_index, enum component component, uint32_t *size_bytes)
{
    struct slot_header header;
    struct manifest manifest;
    TRY(header_read(slot_index, component, &header));
    TRY(manifest_parse(header.manifest, &manifest));
    *size_bytes = manifest.image_size_bytes;
    return ERROR_NONE;
}
