#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/ensure.h"
#include "formats/manifest/manifest.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

void ensure_failed(const char *file, uint32_t line)
{
    print_error("%s:%u\n", file, line);
    abort();
}

static const struct uuid vendor = {{1}};
static const struct uuid device_class = {{2}};
static const struct ecdsa_p256_public_key release_key = {{3}};

static struct manifest a_manifest(void)
{
    return (struct manifest){.component = COMPONENT_BASE, .sequence = 10, .vendor = vendor,
                             .device_class = device_class, .image_size_bytes = 4096, .version = "1.0",
                             .signer = release_key};
}

/* One thing wrong at a time, and pairs of wrong things that show the order of the answers. */
static void test_check(void **state)
{
    (void)state;
    static const struct {
        uint8_t signer;
        uint8_t vendor;
        uint8_t device_class;
        enum component component;
        uint32_t sequence;
        uint32_t image_size_bytes;
        uint32_t code;
    } cases[] = {
        {3, 1, 2, COMPONENT_BASE, 10, 4096, ERROR_CODE_NONE},
        {3, 1, 2, COMPONENT_BASE, 9, 4096, ERROR_CODE_NONE},
        {3, 1, 2, COMPONENT_BASE, UINT32_MAX, 1, ERROR_CODE_NONE},
        {4, 1, 2, COMPONENT_BASE, 10, 4096, ERROR_CODE_MANIFEST_SIGNER},
        {4, 0, 2, COMPONENT_BASE, 10, 4096, ERROR_CODE_MANIFEST_SIGNER},
        {3, 0, 2, COMPONENT_BASE, 10, 4096, ERROR_CODE_MANIFEST_VENDOR},
        {3, 0, 0, COMPONENT_BASE, 10, 4096, ERROR_CODE_MANIFEST_VENDOR},
        {3, 1, 0, COMPONENT_BASE, 10, 4096, ERROR_CODE_MANIFEST_CLASS},
        {3, 1, 0, COMPONENT_APP, 10, 4096, ERROR_CODE_MANIFEST_CLASS},
        {3, 1, 2, COMPONENT_APP, 10, 4096, ERROR_CODE_MANIFEST_COMPONENT},
        {3, 1, 2, COMPONENT_APP, 0, 4096, ERROR_CODE_MANIFEST_COMPONENT},
        {3, 1, 2, COMPONENT_BASE, 8, 4096, ERROR_CODE_MANIFEST_ROLLBACK}, /* the key set's floor */
        {3, 1, 2, COMPONENT_BASE, 6, 4096, ERROR_CODE_MANIFEST_ROLLBACK}, /* and the device's own */
        {3, 1, 2, COMPONENT_BASE, 8, 0, ERROR_CODE_MANIFEST_ROLLBACK},
        {3, 1, 2, COMPONENT_BASE, 10, 0, ERROR_CODE_MANIFEST_SIZE},
        {3, 1, 2, COMPONENT_BASE, 10, 4097, ERROR_CODE_MANIFEST_SIZE},
    };
    struct keyset keyset = {.kind = KEYSET_RELEASE, .generation = 1, .key_count = 1, .keys = {release_key}};
    const struct manifest_policy policy = {.component = COMPONENT_BASE, .vendor = &vendor,
                                           .device_class = &device_class, .sequence_min = 7,
                                           .image_size_bytes_max = 4096, .keyset = &keyset};
    keyset.sequence_min[COMPONENT_BASE] = 9;
    keyset.sequence_min[COMPONENT_MONITOR] = UINT32_MAX;
    for (size_t index = 0; index < COUNT_OF(cases); index++) {
        struct manifest manifest = a_manifest();
        manifest.signer.bytes[0] = cases[index].signer;
        manifest.vendor.bytes[0] = cases[index].vendor;
        manifest.device_class.bytes[0] = cases[index].device_class;
        manifest.component = cases[index].component;
        manifest.sequence = cases[index].sequence;
        manifest.image_size_bytes = cases[index].image_size_bytes;
        uint32_t code = manifest_check(&manifest, &policy).code;
        if (code != cases[index].code) {
            fail_msg("case %zu: %x instead of %x", index, code, cases[index].code);
        }
    }
    /* The device's own floor counts where the key set has none. */
    struct manifest manifest = a_manifest();
    manifest.sequence = 6;
    keyset.sequence_min[COMPONENT_BASE] = 0;
    assert_true(error_is(manifest_check(&manifest, &policy), ERROR_CODE_MANIFEST_ROLLBACK));
    manifest.sequence = 7;
    assert_true(error_is_none(manifest_check(&manifest, &policy)));
}

static void test_sign_and_verify(void **state)
{
    (void)state;
    struct ecdsa_p256_private_key private_key;
    struct ecdsa_p256_signature signature;
    struct sha256_digest digest;
    struct manifest again;
    struct manifest manifest = a_manifest();
    uint8_t bytes[MANIFEST_SIZE_BYTES_MAX];
    struct writer writer;
    /* The longest that the profile can say fits the limit. */
    manifest.component = COMPONENT_MONITOR;
    manifest.sequence = UINT32_MAX;
    manifest.image_size_bytes = UINT32_MAX;
    memset(manifest.version, '9', MANIFEST_VERSION_SIZE_BYTES_MAX);
    manifest.version[MANIFEST_VERSION_SIZE_BYTES_MAX] = '\0';
    writer_init(&writer, bytes, sizeof bytes);
    assert_true(error_is_none(ecdsa_p256_derive_private(SPAN_OF("secret"), SPAN_OF("test"), &private_key)));
    assert_true(error_is_none(ecdsa_p256_public_of(&private_key, &manifest.signer)));
    assert_true(error_is_none(manifest_prepare(&manifest, &digest)));
    assert_true(error_is_none(ecdsa_p256_sign(&private_key, &digest, SPAN_EMPTY, &signature)));
    assert_true(error_is_none(manifest_encode(&manifest, &signature, &writer)));
    assert_true(error_is_none(manifest_parse(writer_span(&writer), &again)));
    assert_memory_equal(&again, &manifest, sizeof manifest);
    assert_true(error_is_none(manifest_verify_signature(writer_span(&writer))));
    signature.bytes[0] ^= 1;
    writer_init(&writer, bytes, sizeof bytes);
    assert_true(error_is_none(manifest_encode(&manifest, &signature, &writer)));
    assert_true(error_is(manifest_verify_signature(writer_span(&writer)), ERROR_CODE_MANIFEST_SIGNATURE));
}

static void test_encode_refuses(void **state)
{
    (void)state;
    struct sha256_digest digest;
    struct ecdsa_p256_signature signature = {{0}};
    uint8_t bytes[64];
    struct writer writer;
    struct manifest manifest = a_manifest();
    writer_init(&writer, bytes, sizeof bytes);
    assert_true(error_is(manifest_encode(&manifest, &signature, &writer), ERROR_CODE_CBOR_CAPACITY));
    manifest.component = (enum component)0;
    assert_true(error_is(manifest_prepare(&manifest, &digest), ERROR_CODE_MANIFEST_STRUCTURE));
    manifest = a_manifest();
    memset(manifest.version, '1', sizeof manifest.version);
    assert_true(error_is(manifest_prepare(&manifest, &digest), ERROR_CODE_MANIFEST_STRUCTURE));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_check),
        cmocka_unit_test(test_sign_and_verify),
        cmocka_unit_test(test_encode_refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
