/* Every fault of an image file has its own error, for tools and service alike. T-04, T-05. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/ensure.h"
#include "formats/cose/cose.h"
#include "formats/slot/image_file.h"

#define IMAGE_SIZE_BYTES 300

struct key_pair {
    struct ecdsa_p256_private_key private_key;
    struct ecdsa_p256_public_key public_key;
};

static struct key_pair root, other_root, release, stranger;
static struct sha256_digest root_digest;
static uint8_t contents[SLOT_HEADER_SIZE_BYTES + IMAGE_SIZE_BYTES + 8];
static size_t contents_size_bytes;
static const struct uuid vendor = {{1}}, device_class = {{2}}, other = {{3}};

void ensure_failed(const char *file, uint32_t line)
{
    fail_msg("%s line %u", file, (unsigned int)line);
    abort();
}

static void must(struct error error)
{
    if (!error_is_none(error)) {
        fail_msg("%s", error_name(error));
    }
}

static void key_make(const char *label, struct key_pair *key)
{
    static const uint8_t secret[32] = {7};
    must(ecdsa_p256_derive_private(SPAN_OF(secret), span_of(label, strlen(label)), &key->private_key));
    must(ecdsa_p256_public_of(&key->private_key, &key->public_key));
}

/* What one file is made of; a test changes one thing. */
struct wish {
    const struct key_pair *root, *signer;
    enum keyset_kind kind;
    uint32_t floor, sequence, image_size_bytes;
    bool wrong_digest;
    enum component component;
};

static const struct wish good = {&root, &release, KEYSET_RELEASE, 3, 4, IMAGE_SIZE_BYTES, false, COMPONENT_BASE};

static void file_make(const struct wish *wish)
{
    static uint8_t payload_bytes[KEYSET_SIZE_BYTES_MAX], keyset_bytes[KEYSET_SIZE_BYTES_MAX];
    static uint8_t manifest_bytes[MANIFEST_SIZE_BYTES_MAX], image[IMAGE_SIZE_BYTES];
    struct writer payload, keyset_writer, manifest_writer, writer;
    struct keyset keyset = {.kind = wish->kind, .generation = 2, .key_count = 1, .keys = {release.public_key}};
    struct sha256_digest digest;
    struct ecdsa_p256_signature signature;
    keyset.sequence_min[wish->component] = wish->floor;
    writer_init(&payload, payload_bytes, sizeof payload_bytes);
    writer_init(&keyset_writer, keyset_bytes, sizeof keyset_bytes);
    writer_init(&manifest_writer, manifest_bytes, sizeof manifest_bytes);
    writer_init(&writer, contents, sizeof contents);
    must(keyset_encode_payload(&keyset, &payload));
    must(cose_sign1_create(COSE_CONTENT_TYPE_KEYSET, &wish->root->private_key, &wish->root->public_key,
                           writer_span(&payload), SPAN_EMPTY, &keyset_writer));
    memset(image, 0x5A, sizeof image);
    struct manifest manifest = {.component = wish->component, .sequence = wish->sequence, .vendor = vendor,
                                .device_class = device_class, .image_digest = sha256_of(SPAN_OF(image)),
                                .image_size_bytes = wish->image_size_bytes, .version = "1",
                                .signer = wish->signer->public_key};
    manifest.image_digest.bytes[0] ^= wish->wrong_digest ? 1 : 0;
    must(manifest_prepare(&manifest, &digest));
    must(ecdsa_p256_sign(&wish->signer->private_key, &digest, SPAN_EMPTY, &signature));
    must(manifest_encode(&manifest, &signature, &manifest_writer));
    must(slot_header_encode(&(struct slot_header){writer_span(&keyset_writer), writer_span(&manifest_writer)},
                            &writer));
    writer_bytes(&writer, SPAN_OF(image));
    contents_size_bytes = writer_span(&writer).size;
}

static struct image_file_policy demands(void)
{
    return (struct image_file_policy){&root_digest, &vendor, &device_class, COMPONENT_BASE, 2, 4};
}

static struct error judge(const struct image_file_policy *policy)
{
    struct image_file file;
    TRY(image_file_parse(span_of(contents, contents_size_bytes), &file));
    return image_file_verify(&file, policy);
}

static void expect(struct error error, uint32_t code)
{
    if (error.code != code) {
        fail_msg("%s instead of %s", error_name(error), error_name((struct error){code}));
    }
}

static int scene(void **state)
{
    (void)state;
    key_make("root", &root);
    key_make("other root", &other_root);
    key_make("release", &release);
    key_make("stranger", &stranger);
    root_digest = sha256_of(SPAN_OF(root.public_key.bytes));
    return 0;
}

static void good_file_is_good(void **state)
{
    (void)state;
    struct image_file_policy policy = demands();
    file_make(&good);
    expect(judge(&policy), ERROR_CODE_NONE);
    expect(judge(&(struct image_file_policy){0}), ERROR_CODE_NONE);
}

static void each_wrong_wish_has_its_error(void **state)
{
    (void)state;
    const struct {
        struct wish wish;
        uint32_t code;
    } cases[] = {
        {{&other_root, &release, KEYSET_RELEASE, 3, 4, IMAGE_SIZE_BYTES, false, COMPONENT_BASE}, ERROR_CODE_KEYSET_ROOT},
        {{&root, &release, KEYSET_APP, 3, 4, IMAGE_SIZE_BYTES, false, COMPONENT_BASE}, ERROR_CODE_KEYSET_KIND},
        {{&root, &stranger, KEYSET_RELEASE, 3, 4, IMAGE_SIZE_BYTES, false, COMPONENT_BASE}, ERROR_CODE_MANIFEST_SIGNER},
        {{&root, &release, KEYSET_RELEASE, 5, 4, IMAGE_SIZE_BYTES, false, COMPONENT_BASE}, ERROR_CODE_MANIFEST_ROLLBACK},
        {{&root, &release, KEYSET_RELEASE, 3, 3, IMAGE_SIZE_BYTES, false, COMPONENT_BASE}, ERROR_CODE_MANIFEST_ROLLBACK},
        {{&root, &release, KEYSET_RELEASE, 3, 4, 0x60000, false, COMPONENT_BASE}, ERROR_CODE_MANIFEST_SIZE},
        {{&root, &release, KEYSET_RELEASE, 3, 4, IMAGE_SIZE_BYTES + 1, false, COMPONENT_BASE},
         ERROR_CODE_MANIFEST_TRUNCATED},
        {{&root, &release, KEYSET_RELEASE, 3, 4, IMAGE_SIZE_BYTES - 1, false, COMPONENT_BASE},
         ERROR_CODE_MANIFEST_TRAILING},
        {{&root, &release, KEYSET_RELEASE, 3, 4, IMAGE_SIZE_BYTES, true, COMPONENT_BASE},
         ERROR_CODE_MANIFEST_IMAGE_DIGEST},
        {{&root, &release, KEYSET_RELEASE, 3, 4, IMAGE_SIZE_BYTES, false, COMPONENT_MONITOR},
         ERROR_CODE_MANIFEST_COMPONENT},
    };
    struct image_file_policy policy = demands();
    for (size_t index = 0; index < sizeof cases / sizeof cases[0]; index++) {
        file_make(&cases[index].wish);
        expect(judge(&policy), cases[index].code);
    }
}

static void each_wrong_demand_has_its_error(void **state)
{
    (void)state;
    struct image_file_policy policy = demands();
    file_make(&good);
    policy.vendor = &other;
    expect(judge(&policy), ERROR_CODE_MANIFEST_VENDOR);
    policy = demands();
    policy.device_class = &other;
    expect(judge(&policy), ERROR_CODE_MANIFEST_CLASS);
    policy = demands();
    policy.generation_min = 3;
    expect(judge(&policy), ERROR_CODE_KEYSET_GENERATION);
    policy = demands();
    policy.sequence_min = 5;
    expect(judge(&policy), ERROR_CODE_MANIFEST_ROLLBACK);
}

/* T-20: whichever bit is flipped, the file is refused. */
static void every_flipped_bit_is_refused(void **state)
{
    (void)state;
    struct image_file_policy policy = demands();
    file_make(&good);
    for (size_t offset = 0; offset < contents_size_bytes; offset += offset < 1100 || offset > 4090 ? 1 : 97) {
        contents[offset] ^= (uint8_t)(1u << offset % 8);
        if (error_is_none(judge(&policy))) {
            fail_msg("a flipped bit at %zu went unnoticed", offset);
        }
        contents[offset] ^= (uint8_t)(1u << offset % 8);
    }
    contents_size_bytes--;
    expect(judge(&policy), ERROR_CODE_MANIFEST_TRUNCATED);
    contents_size_bytes += 2;
    expect(judge(&policy), ERROR_CODE_MANIFEST_TRAILING);
    contents_size_bytes = SLOT_HEADER_SIZE_BYTES;
    expect(judge(&policy), ERROR_CODE_BOOT_SLOT_FORMAT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_file_is_good),
        cmocka_unit_test(each_wrong_wish_has_its_error),
        cmocka_unit_test(each_wrong_demand_has_its_error),
        cmocka_unit_test(every_flipped_bit_is_refused),
    };
    return cmocka_run_group_tests(tests, scene, NULL);
}
