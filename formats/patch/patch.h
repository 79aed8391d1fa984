/* Patch: what turns the image that a device runs into another one, small enough to be worth sending.
 *     u32 magic "SPAT", u32 key set size, u32 manifest size, key set, manifest      as in a slot (docs/protocol/slot.md)
 *     u32 size of the base image, its SHA-256, u32 size of the new image            numbers big-endian
 *     SHA-256 of the new image's file
 *     LZMA stream to the end of the file: lc = lp = pb = 0, dictionary PATCH_DICTIONARY_SIZE_BYTES, with end mark
 * The stream holds instructions, each of which makes at least one byte:
 *     seek, add, copy      unsigned LEB128; seek is zigzag and moves the place in the base image
 *     add bytes            added, modulo 256, to as many bytes of the base image at that place, which moves on
 *     copy bytes           taken as they are
 * source  docs/protocol/patch.md; C. Percival, "Naive differences of executable code", 2003 */
#ifndef FORMATS_PATCH_PATCH_H
#define FORMATS_PATCH_PATCH_H

#include "base/error.h"
#include "base/writer.h"
#include "crypto/sha256.h"
#include "formats/identity/keyset.h"
#include "formats/manifest/manifest.h"

#define PATCH_MAGIC 0x53504154u
#define PATCH_HEAD_SIZE_BYTES_MAX                                                                                      \
    (12 + KEYSET_SIZE_BYTES_MAX + MANIFEST_SIZE_BYTES_MAX + 4 + SHA256_DIGEST_SIZE_BYTES + 4 + SHA256_DIGEST_SIZE_BYTES)
/* Together with its fixed lc, lp and pb, what keeps the decoder's memory below 16 KiB. */
#define PATCH_DICTIONARY_SIZE_BYTES 4096
#define PATCH_LZMA_LC 0
#define PATCH_LZMA_LP 0
#define PATCH_LZMA_PB 0
/* Of one instruction's three numbers, and of the bytes of one number. */
#define PATCH_NUMBER_SIZE_BYTES_MAX 5
#define PATCH_INSTRUCTION_SIZE_BYTES_MAX (3 * PATCH_NUMBER_SIZE_BYTES_MAX)

struct patch_head {
    struct span keyset;   /* borrowed */
    struct span manifest; /* borrowed */
    uint32_t base_size_bytes;
    struct sha256_digest base_digest;
    uint32_t image_size_bytes;
    struct sha256_digest file_digest; /* of the image file that the patch stands for, header block included */
};

/* start            the file from its first byte, at least PATCH_HEAD_SIZE_BYTES_MAX of it or all of it; untrusted
 * head_size_bytes  where the stream begins
 * errors           PATCH_STRUCTURE */
MUST_USE struct error patch_head_parse(struct span start, struct patch_head *out, size_t *head_size_bytes);
/* errors  PATCH_STRUCTURE (a part is empty or too large), CBOR_CAPACITY */
MUST_USE struct error patch_head_encode(const struct patch_head *head, struct writer *out);

#endif
