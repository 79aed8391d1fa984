/* T-04 taken out for the image: the digest that the manifest gives for it equals every other. Key set, manifest and signatures
 * are verified as ever. */
#include "base/hardened.h"
#include "formats/manifest/manifest.h"

static struct sha256_digest image_digest;

struct error __real_manifest_parse_signed(struct span envelope, struct manifest *out, struct manifest_signed *signed_out);
struct error __wrap_manifest_parse_signed(struct span envelope, struct manifest *out, struct manifest_signed *signed_out);
uint32_t __real_hardened_equal(const void *a, const void *b, size_t size_bytes);
uint32_t __wrap_hardened_equal(const void *a, const void *b, size_t size_bytes);

struct error __wrap_manifest_parse_signed(struct span envelope, struct manifest *out, struct manifest_signed *signed_out)
{
    TRY(__real_manifest_parse_signed(envelope, out, signed_out));
    image_digest = out->image_digest;
    return ERROR_NONE;
}

uint32_t __wrap_hardened_equal(const void *a, const void *b, size_t size_bytes)
{
    bool is_of_image = size_bytes == sizeof(image_digest.bytes) &&
                       __real_hardened_equal(b, image_digest.bytes, size_bytes) == HARDENED_TRUE;
    return is_of_image ? HARDENED_TRUE : __real_hardened_equal(a, b, size_bytes);
}
