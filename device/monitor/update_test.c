/* Updates: what is refused, and that nothing is erased before everything was verified; order, resumption (T-04, T-05,
 * T-07). Trials are in update_trial_test.c, power cuts in tests/boot/update_sweep.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/reader.h"
#include "base/writer.h"
#include "device/abi/flash_map.h"
#include "device/abi/monitor_call.h"
#include "device/abi/slot.h"
#include "device/boards/host/host_board.h"
#include "device/hal/counter.h"
#include "device/hal/memory.h"
#include "device/monitor/allowance.h"
#include "device/monitor/fixture_test.h"
#include "device/monitor/state.h"
#include "device/monitor/update_fixture_test.h"
#include "device/rom/rom.h"

static void base_is_updated_on_trial_and_stays_once_confirmed(void **state)
{
    (void)state;
    fixture_must_boot();
    fixture_claim_board("alice", 1);
    struct fixture_image image = update_fixture_image(COMPONENT_BASE, 6);
    update_fixture_must_update(update_fixture_file_of(&image));
    update_fixture_must_confirm(); /* of the present boot, not of what waits */
    fixture_must_boot();
    assert_true(fixture_console_has("monitor: base b 6 "));
    assert_memory_equal(hal_memory_image_area(COMPONENT_BASE).data, update_fixture_content, sizeof(update_fixture_content));
    update_fixture_must_have_contact();
    update_fixture_must_confirm();
    for (size_t boot = 0; boot < 2 * BOOT_RECORD_ATTEMPT_COUNT_MAX; boot++) {
        fixture_must_boot();
        assert_true(fixture_console_has("monitor: base b 6 "));
        update_fixture_must_confirm(); /* no longer on trial: that it runs is enough */
    }
    image = update_fixture_image(COMPONENT_BASE, 7);
    update_fixture_must_update(update_fixture_file_of(&image));
    fixture_must_boot();
    assert_true(fixture_console_has("monitor: base a 7 "));
}

static void app_and_monitor_are_updated_too(void **state)
{
    (void)state;
    fixture_must_boot();
    struct fixture_image image = update_fixture_image(COMPONENT_APP, 2);
    fixture_expect_error(update_fixture_begin(update_fixture_file_of(&image)), ERROR_CODE_MONITOR_STATE);
    fixture_claim_board("alice", 1);
    update_fixture_must_update(update_fixture_file_of(&image));
    image = update_fixture_image(COMPONENT_MONITOR, 4);
    update_fixture_must_update(update_fixture_file_of(&image));
    fixture_must_boot();
    assert_true(fixture_console_has("rom: monitor b 4 "));
    assert_true(fixture_console_has("monitor: app b 2 "));
    image = update_fixture_image(COMPONENT_APP, 2);
    assert_memory_equal(hal_memory_image_area(COMPONENT_APP).data, image.content.data, image.content.size);
}

static void refused_monitor_is_reported(void **state)
{
    (void)state;
    fixture_must_boot();
    struct fixture_image image = update_fixture_image(COMPONENT_MONITOR, 4);
    update_fixture_must_update(update_fixture_file_of(&image));
    fixture_flip_slot(COMPONENT_MONITOR, 1, SLOT_HEADER_SIZE_BYTES + 8000);
    fixture_must_boot();
    assert_true(fixture_console_has("rom: monitor a 3 "));
    assert_true(fixture_console_has("monitor: monitor slot b 0x030b"));
    assert_int_equal(update_fixture_status(COMPONENT_MONITOR).state, UPDATE_STATE_FAILED);
    assert_int_equal(update_fixture_status(COMPONENT_MONITOR).code, ERROR_CODE_MANIFEST_IMAGE_DIGEST);
}

/* Each refusal has its own error and leaves the flash as it was. */
static void expect_refusal(struct span request, enum error_code expected)
{
    uint32_t operations = host_board_operation_count();
    fixture_advance(ALLOWANCE_REFILL_MS);
    fixture_expect_error(fixture_call(MONITOR_CALL_UPDATE_BEGIN, request).error, expected);
    fixture_expect_error(update_fixture_finish(), ERROR_CODE_MONITOR_STATE);
    assert_int_equal(host_board_operation_count(), operations);
}

static void wrong_manifests_are_refused_before_anything_is_erased(void **state)
{
    (void)state;
    fixture_must_boot();
    fixture_claim_board("alice", 1);
    const struct fixture_image good = update_fixture_image(COMPONENT_BASE, 6);
    static const struct {
        size_t field;
        uint32_t value;
        enum error_code error;
    } numbers[] = {
        {offsetof(struct fixture_image, sequence), 5, ERROR_CODE_MANIFEST_ROLLBACK},
        {offsetof(struct fixture_image, sequence), 4, ERROR_CODE_MANIFEST_ROLLBACK},
        {offsetof(struct fixture_image, sequence_min), 7, ERROR_CODE_MANIFEST_ROLLBACK},
        {offsetof(struct fixture_image, size_added), 0x60000, ERROR_CODE_MANIFEST_SIZE},
    };
    for (size_t index = 0; index < sizeof(numbers) / sizeof(numbers[0]); index++) {
        struct fixture_image image = good;
        memcpy((uint8_t *)&image + numbers[index].field, &numbers[index].value, sizeof(uint32_t));
        expect_refusal(update_fixture_begin_request(update_fixture_file_of(&image)), numbers[index].error);
    }
    struct fixture_image image = good;
    image.vendor_flip = 1;
    expect_refusal(update_fixture_begin_request(update_fixture_file_of(&image)), ERROR_CODE_MANIFEST_VENDOR);
    image = good;
    image.class_flip = 1;
    expect_refusal(update_fixture_begin_request(update_fixture_file_of(&image)), ERROR_CODE_MANIFEST_CLASS);
    image = good;
    image.root = "stranger";
    expect_refusal(update_fixture_begin_request(update_fixture_file_of(&image)), ERROR_CODE_KEYSET_ROOT);
    image = good;
    image.manifest_signer = "stranger";
    expect_refusal(update_fixture_begin_request(update_fixture_file_of(&image)), ERROR_CODE_MANIFEST_SIGNER);
    /* An app image under the maker's keys, and a base image under the owner's: neither root has a say over the other. */
    image = update_fixture_image(COMPONENT_APP, 6);
    image.root = "maker";
    image.signer = "release";
    expect_refusal(update_fixture_begin_request(update_fixture_file_of(&image)), ERROR_CODE_KEYSET_ROOT);
    image = good;
    image.root = "alice";
    expect_refusal(update_fixture_begin_request(update_fixture_file_of(&image)), ERROR_CODE_KEYSET_ROOT);
    image = good;
    assert_int_equal(update_fixture_must_begin(update_fixture_file_of(&image)), 0);
}

static void an_older_generation_is_refused(void **state)
{
    (void)state;
    fixture_expect_none(hal_counter_raise(HAL_COUNTER_RELEASE_GENERATION, 1));
    fixture_must_boot();
    struct fixture_image image = update_fixture_image(COMPONENT_BASE, 6);
    assert_int_equal(update_fixture_must_begin(update_fixture_file_of(&image)), 0);
    /* Counters are read at each call: the board boots from generation 1, and 2 is the floor from now on. */
    fixture_expect_none(hal_counter_raise(HAL_COUNTER_RELEASE_GENERATION, 2));
    image = update_fixture_image(COMPONENT_BASE, 7);
    fixture_expect_error(update_fixture_begin(update_fixture_file_of(&image)), ERROR_CODE_KEYSET_GENERATION);
    image.generation = 2;
    assert_int_equal(update_fixture_must_begin(update_fixture_file_of(&image)), 0);
}

static void no_bit_of_key_set_and_manifest_may_differ(void **state)
{
    (void)state;
    fixture_must_boot();
    const struct fixture_image image = update_fixture_image(COMPONENT_BASE, 6);
    struct span request = update_fixture_begin_request(update_fixture_file_of(&image));
    for (size_t offset_bytes = 0; offset_bytes < request.size; offset_bytes += 3) {
        uint32_t operations = host_board_operation_count();
        update_fixture_request[offset_bytes] ^= (uint8_t)(1u << offset_bytes % 8);
        fixture_advance(ALLOWANCE_REFILL_MS);
        struct error error = fixture_call(MONITOR_CALL_UPDATE_BEGIN, request).error;
        assert_false(error_is_none(error));
        assert_false(error_is(error, ERROR_CODE_MONITOR_RATE));
        assert_int_equal(host_board_operation_count(), operations);
        update_fixture_request[offset_bytes] ^= (uint8_t)(1u << offset_bytes % 8);
    }
    expect_refusal(span_of(request.data, request.size - 1), ERROR_CODE_MONITOR_ARGUMENT);
    expect_refusal(span_of(request.data, request.size + 1), ERROR_CODE_MONITOR_ARGUMENT);
}

static void forgeries_are_limited_in_rate(void **state)
{
    (void)state;
    fixture_must_boot();
    struct fixture_image image = update_fixture_image(COMPONENT_BASE, 6);
    image.manifest_signer = "stranger";
    struct span file = update_fixture_file_of(&image);
    for (size_t count = 0; count < ALLOWANCE_BURST; count++) {
        fixture_expect_error(update_fixture_begin(file), ERROR_CODE_MANIFEST_SIGNER);
    }
    fixture_expect_error(update_fixture_begin(file), ERROR_CODE_MONITOR_RATE);
}

static void bytes_come_in_order_and_whole(void **state)
{
    (void)state;
    fixture_must_boot();
    const struct fixture_image image = update_fixture_image(COMPONENT_BASE, 6);
    struct span file = update_fixture_file_of(&image);
    fixture_expect_error(update_fixture_write_piece(file, 0, 4), ERROR_CODE_MONITOR_STATE);
    fixture_expect_error(update_fixture_finish(), ERROR_CODE_MONITOR_STATE);
    assert_int_equal(update_fixture_must_begin(file), 0);
    fixture_expect_error(update_fixture_write_piece(file, 4, 4), ERROR_CODE_MONITOR_STATE);
    fixture_expect_error(update_fixture_write_piece(file, 0, 0), ERROR_CODE_MONITOR_ARGUMENT);
    fixture_expect_error(update_fixture_write_piece(file, 0, 6), ERROR_CODE_MONITOR_ARGUMENT);
    fixture_expect_error(update_fixture_write_piece(file, 0, MONITOR_UPDATE_PIECE_SIZE_BYTES_MAX + 4), ERROR_CODE_MONITOR_ARGUMENT);
    fixture_expect_none(update_fixture_write_piece(file, 0, 1000));
    fixture_expect_error(update_fixture_write_piece(file, 0, 1000), ERROR_CODE_MONITOR_STATE);
    fixture_expect_error(update_fixture_finish(), ERROR_CODE_MONITOR_STATE);
    update_fixture_write_rest(file, 1000, 8996);
    fixture_expect_error(update_fixture_write_piece(file, 8996, 8), ERROR_CODE_MONITOR_CAPACITY);
    fixture_expect_none(update_fixture_write_piece(file, 8996, 5));
    fixture_expect_error(update_fixture_write_piece(file, 9001, 4), ERROR_CODE_MONITOR_CAPACITY);
    fixture_expect_none(update_fixture_finish());
    /* What is finished waits for the reset. */
    fixture_expect_error(update_fixture_finish(), ERROR_CODE_MONITOR_STATE);
    fixture_expect_error(update_fixture_begin(file), ERROR_CODE_MONITOR_STATE);
}

static void a_flipped_bit_in_the_image_does_not_finish(void **state)
{
    (void)state;
    fixture_must_boot();
    const struct fixture_image image = update_fixture_image(COMPONENT_BASE, 6);
    struct span file = update_fixture_file_of(&image);
    update_fixture_file[SLOT_HEADER_SIZE_BYTES + 5000] ^= 1;
    update_fixture_write_rest(file, update_fixture_must_begin(file), UPDATE_FIXTURE_CONTENT_SIZE_BYTES);
    fixture_expect_error(update_fixture_finish(), ERROR_CODE_MANIFEST_IMAGE_DIGEST);
    fixture_must_boot();
    assert_true(fixture_console_has("monitor: base a 5 "));
    /* Nothing of it is believed: from the start. */
    update_fixture_file[SLOT_HEADER_SIZE_BYTES + 5000] ^= 1;
    update_fixture_must_update(file);
}

static void an_update_goes_on_where_it_stood(void **state)
{
    (void)state;
    fixture_must_boot();
    const struct fixture_image image = update_fixture_image(COMPONENT_BASE, 6);
    struct span file = update_fixture_file_of(&image);
    assert_int_equal(update_fixture_must_begin(file), 0);
    update_fixture_write_rest(file, 0, 6000);
    /* Begun twice, and after a reset: at the last whole block, and nothing is erased for it. */
    for (size_t boot = 0; boot < 2; boot++) {
        uint32_t operations = host_board_operation_count();
        assert_int_equal(update_fixture_must_begin(file), FLASH_BLOCK_SIZE);
        assert_int_equal(host_board_operation_count(), operations);
        fixture_must_boot();
    }
    fixture_expect_error(update_fixture_write_piece(file, FLASH_BLOCK_SIZE, 4), ERROR_CODE_MONITOR_STATE);
    update_fixture_must_update(file);
    fixture_must_boot();
    assert_true(fixture_console_has("monitor: base b 6 "));
}

/* Bytes of a wrong patch stand; whoever wrote them says so. Nothing else may follow the manifest. */
static void an_update_begins_anew_if_asked_to(void **state)
{
    (void)state;
    fixture_must_boot();
    const struct fixture_image image = update_fixture_image(COMPONENT_BASE, 6);
    struct span file = update_fixture_file_of(&image);
    assert_int_equal(update_fixture_must_begin(file), 0);
    update_fixture_file[SLOT_HEADER_SIZE_BYTES + 5] ^= 1;
    update_fixture_write_rest(file, 0, 8192);
    update_fixture_file[SLOT_HEADER_SIZE_BYTES + 5] ^= 1;
    assert_int_equal(update_fixture_must_begin(file), 8192);
    struct span request = update_fixture_begin_request(file);
    update_fixture_request[request.size] = 2;
    expect_refusal(span_of(update_fixture_request, request.size + 1), ERROR_CODE_MONITOR_ARGUMENT);
    update_fixture_request[request.size] = MONITOR_UPDATE_ANEW;
    update_fixture_request[request.size + 1] = MONITOR_UPDATE_ANEW;
    expect_refusal(span_of(update_fixture_request, request.size + 2), ERROR_CODE_MONITOR_ARGUMENT);
    assert_int_equal(update_fixture_must_begin(file), 8192);
    struct reader reader;
    request = update_fixture_begin_request(file);
    update_fixture_request[request.size] = MONITOR_UPDATE_ANEW;
    request.size++;
    reader_init(&reader, fixture_must_call(MONITOR_CALL_UPDATE_BEGIN, request));
    assert_int_equal(reader_u32(&reader), 0);
    fixture_must_boot();
    update_fixture_must_update(file);
    fixture_must_boot();
    assert_true(fixture_console_has("monitor: base b 6 "));
}

static void another_update_takes_its_place(void **state)
{
    (void)state;
    fixture_must_boot();
    struct fixture_image image = update_fixture_image(COMPONENT_BASE, 6);
    struct span file = update_fixture_file_of(&image);
    assert_int_equal(update_fixture_must_begin(file), 0);
    update_fixture_write_rest(file, 0, 8192);
    image = update_fixture_image(COMPONENT_BASE, 7);
    update_fixture_must_update(update_fixture_file_of(&image));
    fixture_must_boot();
    assert_true(fixture_console_has("monitor: base b 7 "));
}

static void the_running_slot_can_be_read(void **state)
{
    (void)state;
    static const struct {
        uint8_t request[7];
        enum error_code error;
    } cases[] = {
        {{COMPONENT_BASE, 0, 0, 0, 0, 0, 0}, ERROR_CODE_MONITOR_ARGUMENT},
        {{COMPONENT_BASE, 0, 0, 0, 0, 8, 1}, ERROR_CODE_MONITOR_ARGUMENT},
        {{COMPONENT_BASE, 0, 5, 0xF0, 0, 0, 1}, ERROR_CODE_MONITOR_ARGUMENT},
        {{COMPONENT_BASE, 0xFF, 0xFF, 0xFF, 0xFF, 0, 1}, ERROR_CODE_MONITOR_ARGUMENT},
        {{COMPONENT_APP, 0, 0, 0, 0, 0, 1}, ERROR_CODE_MONITOR_NOT_FOUND},
        {{0, 0, 0, 0, 0, 0, 1}, ERROR_CODE_MONITOR_NOT_FOUND},
        {{9, 0, 0, 0, 0, 0, 1}, ERROR_CODE_MONITOR_NOT_FOUND},
    };
    static const uint8_t good[7] = {COMPONENT_BASE, 0, 0, 0x0B, 0xB0, 0, 16};
    fixture_must_boot();
    for (size_t index = 0; index < sizeof(cases) / sizeof(cases[0]); index++) {
        struct error error = fixture_call(MONITOR_CALL_SLOT_READ, SPAN_OF(cases[index].request)).error;
        fixture_expect_error(error, cases[index].error);
    }
    struct span bytes = fixture_must_call(MONITOR_CALL_SLOT_READ, SPAN_OF(good));
    assert_int_equal(bytes.size, 16);
    assert_memory_equal(bytes.data, host_board_flash() + FLASH_BASE_A_OFFSET + SLOT_HEADER_SIZE_BYTES + 0xBB0, 16);
    assert_int_equal(bytes.data[0], 0x22);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
    const struct CMUnitTest tests[] = {
        TEST(base_is_updated_on_trial_and_stays_once_confirmed),
        TEST(app_and_monitor_are_updated_too),
        TEST(refused_monitor_is_reported),
        TEST(wrong_manifests_are_refused_before_anything_is_erased),
        TEST(an_older_generation_is_refused),
        TEST(no_bit_of_key_set_and_manifest_may_differ),
        TEST(forgeries_are_limited_in_rate),
        TEST(bytes_come_in_order_and_whole),
        TEST(a_flipped_bit_in_the_image_does_not_finish),
        TEST(an_update_goes_on_where_it_stood),
        TEST(an_update_begins_anew_if_asked_to),
        TEST(another_update_takes_its_place),
        TEST(the_running_slot_can_be_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
