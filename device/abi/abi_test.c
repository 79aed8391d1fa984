/* Codecs of slot header, fuses and provisioning: what is written is read again, everything else is refused (T-20). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "device/abi/flash_map.h"
#include "device/abi/fuses.h"
#include "device/abi/provisioning.h"
#include "device/abi/slot.h"

static void must(struct error error)
{
    assert_string_equal(error_name(error), "NONE");
}

static uint8_t block[SLOT_HEADER_SIZE_BYTES];

static void header_make(void)
{
    static const uint8_t keyset[] = {1, 2, 3};
    static const uint8_t manifest[] = {4, 5, 6, 7};
    struct slot_header header = {SPAN_OF(keyset), SPAN_OF(manifest)};
    struct writer writer;
    writer_init(&writer, block, sizeof(block));
    must(slot_header_encode(&header, &writer));
    assert_int_equal(writer.size, sizeof(block));
}

static void slot_header_round_trip(void **state)
{
    (void)state;
    header_make();
    struct slot_header header;
    must(slot_header_parse(SPAN_OF(block), &header));
    assert_int_equal(header.keyset.size, 3);
    assert_int_equal(header.manifest.size, 4);
    assert_int_equal(header.manifest.data[3], 7);
}

static void slot_header_refusals(void **state)
{
    (void)state;
    struct slot_header header;
    memset(block, 0xFF, sizeof(block));
    assert_true(error_is(slot_header_parse(SPAN_OF(block), &header), ERROR_CODE_BOOT_SLOT_EMPTY));
    static const struct {
        size_t offset;
        uint8_t value;
    } changes[] = {
        {0, 'T'},              /* magic */
        {4, 1},                /* key set size beyond the block */
        {7, 0},                /* no key set */
        {6, 3},                /* key set larger than any */
        {11, 0},               /* no manifest */
        {10, 4},               /* manifest larger than any */
        {19, 0},               /* padding */
        {sizeof(block) - 1, 0} /* padding */
    };
    for (size_t index = 0; index < sizeof(changes) / sizeof(changes[0]); index++) {
        header_make();
        block[changes[index].offset] = changes[index].value;
        assert_true(error_is(slot_header_parse(SPAN_OF(block), &header), ERROR_CODE_BOOT_SLOT_FORMAT));
    }
    header_make();
    for (size_t size = 0; size < sizeof(block); size += 5) {
        assert_true(error_is(slot_header_parse(span_of(block, size), &header), ERROR_CODE_BOOT_SLOT_FORMAT));
    }
}

static void slots_do_not_overlap(void **state)
{
    (void)state;
    uint32_t end = FLASH_FAILURE_OFFSET + FLASH_FAILURE_SIZE;
    for (int component = COMPONENT_MONITOR; component <= COMPONENT_APP; component++) {
        for (uint32_t slot = 0; slot < SLOT_COUNT; slot++) {
            assert_true(slot_offset_bytes((enum component)component, slot) >= end);
            end = slot_offset_bytes((enum component)component, slot) + slot_size_bytes((enum component)component);
        }
    }
}

static struct fuses fuses_sample(void)
{
    struct fuses fuses = {.debug = true, .batch_size_bytes = 3, .batch = "B-7"};
    memset(fuses.maker_root_digest.bytes, 1, sizeof(fuses.maker_root_digest.bytes));
    memset(fuses.vendor.bytes, 2, sizeof(fuses.vendor.bytes));
    memset(fuses.device_class.bytes, 3, sizeof(fuses.device_class.bytes));
    return fuses;
}

static void fuses_round_trip(void **state)
{
    (void)state;
    struct fuses fuses = fuses_sample();
    uint8_t bytes[FUSES_SIZE_BYTES];
    struct writer writer;
    writer_init(&writer, bytes, sizeof(bytes));
    must(fuses_encode(&fuses, &writer));
    assert_int_equal(writer.size, FUSES_SIZE_BYTES);
    struct fuses found;
    must(fuses_parse(SPAN_OF(bytes), &found));
    assert_memory_equal(found.maker_root_digest.bytes, fuses.maker_root_digest.bytes, 32);
    assert_memory_equal(found.vendor.bytes, fuses.vendor.bytes, 16);
    assert_memory_equal(found.device_class.bytes, fuses.device_class.bytes, 16);
    assert_true(found.debug);
    assert_memory_equal(found.batch, fuses.batch, BATCH_SIZE_BYTES_MAX);
    static const size_t refused_offsets[] = {0, 7, 72, 73, 74, 89};
    for (size_t index = 0; index < sizeof(refused_offsets) / sizeof(refused_offsets[0]); index++) {
        uint8_t changed[FUSES_SIZE_BYTES];
        memcpy(changed, bytes, sizeof(bytes));
        changed[refused_offsets[index]] = 0x1F;
        assert_true(error_is(fuses_parse(SPAN_OF(changed), &found), ERROR_CODE_BOOT_FUSES));
    }
    assert_true(error_is(fuses_parse(span_of(bytes, sizeof(bytes) - 1), &found), ERROR_CODE_BOOT_FUSES));
}

static void provisioning_round_trip(void **state)
{
    (void)state;
    static const uint8_t certificate[] = {0x30, 0};
    uint8_t region[64];
    memset(region, 0xFF, sizeof(region));
    struct provisioning found;
    assert_true(error_is(provisioning_parse(SPAN_OF(region), &found), ERROR_CODE_BOOT_SLOT_EMPTY));
    struct provisioning provisioning = {2, {SPAN_OF(certificate), SPAN_OF(certificate)}};
    struct writer writer;
    writer_init(&writer, region, sizeof(region));
    must(provisioning_encode(&provisioning, &writer));
    must(provisioning_parse(SPAN_OF(region), &found));
    assert_int_equal(found.certificate_count, 2);
    assert_int_equal(found.certificates[1].size, 2);
    static const size_t refused_offsets[] = {0, 7, 10, 16};
    for (size_t index = 0; index < sizeof(refused_offsets) / sizeof(refused_offsets[0]); index++) {
        uint8_t kept = region[refused_offsets[index]];
        region[refused_offsets[index]] = 0x7F;
        assert_true(error_is(provisioning_parse(SPAN_OF(region), &found), ERROR_CODE_BOOT_SLOT_FORMAT));
        region[refused_offsets[index]] = kept;
    }
    for (size_t size = 0; size < writer.size; size++) {
        assert_true(error_is(provisioning_parse(span_of(region, size), &found), ERROR_CODE_BOOT_SLOT_FORMAT));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slot_header_round_trip), cmocka_unit_test(slot_header_refusals),
        cmocka_unit_test(slots_do_not_overlap),   cmocka_unit_test(fuses_round_trip),
        cmocka_unit_test(provisioning_round_trip),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
