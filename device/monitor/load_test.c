/* What runs: altered, foreign and old images of base and app, slot choice, attempts (T-04, T-05, T-16). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "device/abi/flash_map.h"
#include "device/abi/monitor_call.h"
#include "device/abi/slot.h"
#include "device/boards/host/host_board.h"
#include "device/hal/memory.h"
#include "device/monitor/fixture_test.h"
#include "device/monitor/monitor.h"
#include "device/monitor/state.h"

static struct fixture_image base_image(uint32_t slot_index, uint32_t sequence)
{
    return (struct fixture_image){.component = COMPONENT_BASE,
                                  .slot_index = slot_index,
                                  .sequence = sequence,
                                  .root = "maker",
                                  .signer = "release",
                                  .fill = 0x33};
}

static struct fixture_image app_image(uint32_t slot_index, uint32_t sequence)
{
    return (struct fixture_image){.component = COMPONENT_APP,
                                  .slot_index = slot_index,
                                  .sequence = sequence,
                                  .root = "alice",
                                  .signer = "alice app",
                                  .fill = 0x44};
}

static void base_runs_as_it_was_signed(void **state)
{
    (void)state;
    fixture_must_boot();
    struct buffer area = hal_memory_image_area(COMPONENT_BASE);
    for (size_t index = 0; index < area.capacity; index++) {
        assert_int_equal(area.data[index], index < 3000 ? 0x22 : 0);
    }
    assert_int_equal(monitor.measurement_count, 2);
    struct sha256_digest digest = sha256_of(span_of(area.data, 3000));
    assert_memory_equal(monitor.measurements[1].digest.bytes, digest.bytes, sizeof(digest.bytes));
    assert_memory_equal(monitor.measurements[1].authority.bytes, fixture_key("release").digest.bytes, 32);
    assert_int_equal(monitor.measurements[1].sequence, 5);
}

static void altered_base_is_refused(void **state)
{
    (void)state;
    static const struct {
        uint32_t offset_bytes;
        const char *line;
    } cases[] = {
        {0, "monitor: base slot a 0x0b08"},                             /* slot header */
        {SLOT_HEADER_SIZE_BYTES, "monitor: base slot a 0x030b"},        /* first byte of the image */
        {SLOT_HEADER_SIZE_BYTES + 2999, "monitor: base slot a 0x030b"}, /* last byte of the image */
    };
    for (size_t index = 0; index < sizeof(cases) / sizeof(cases[0]); index++) {
        fixture_flip_slot(COMPONENT_BASE, 0, cases[index].offset_bytes);
        fixture_expect_error(fixture_boot(), ERROR_CODE_BOOT_NO_SLOT);
        assert_true(fixture_console_has(cases[index].line));
        assert_false(fixture_console_has("monitor: start"));
        fixture_expect_error(fixture_call(MONITOR_CALL_IDENTITY, SPAN_EMPTY).error, ERROR_CODE_MONITOR_STATE);
        struct buffer area = hal_memory_image_area(COMPONENT_BASE);
        for (size_t byte = 0; byte < area.capacity; byte++) {
            assert_int_equal(area.data[byte], 0);
        }
        fixture_flip_slot(COMPONENT_BASE, 0, cases[index].offset_bytes);
    }
    fixture_must_boot();
}

static void no_bit_of_what_is_signed_may_differ(void **state)
{
    (void)state;
    /* Header fields, key set and manifest: about 750 bytes, every seventh of them. */
    for (uint32_t offset_bytes = 0; offset_bytes < 700; offset_bytes += 7) {
        uint8_t before = host_board_flash()[FLASH_BASE_A_OFFSET + offset_bytes];
        if (before == 0xFF && host_board_flash()[FLASH_BASE_A_OFFSET + offset_bytes + 1] == 0xFF) {
            continue; /* Behind the manifest nothing is signed. */
        }
        fixture_flip_slot(COMPONENT_BASE, 0, offset_bytes);
        fixture_expect_error(fixture_boot(), ERROR_CODE_BOOT_NO_SLOT);
        fixture_flip_slot(COMPONENT_BASE, 0, offset_bytes);
    }
    fixture_must_boot();
}

static void foreign_and_old_bases_are_refused(void **state)
{
    (void)state;
    struct fixture_image stranger_root = base_image(0, 9);
    stranger_root.root = "stranger";
    struct fixture_image app_as_base = base_image(0, 9);
    app_as_base.component = COMPONENT_APP;
    struct fixture_image below_floor = base_image(0, 4);
    below_floor.sequence_min = 5;
    static const char *const lines[] = {"monitor: base slot a 0x0402", "monitor: base slot a 0x0309"};
    const struct fixture_image *images[] = {&stranger_root, &below_floor};
    for (size_t index = 0; index < 2; index++) {
        fixture_write_slot(images[index]);
        fixture_expect_error(fixture_boot(), ERROR_CODE_BOOT_NO_SLOT);
        assert_true(fixture_console_has(lines[index]));
    }
    /* An app image of the right size and place, but of another component and key set kind. */
    fixture_write_slot(&app_as_base);
    memcpy(host_board_flash() + FLASH_BASE_A_OFFSET, host_board_flash() + FLASH_APP_A_OFFSET, 0x2000);
    fixture_expect_error(fixture_boot(), ERROR_CODE_BOOT_NO_SLOT);
    assert_true(fixture_console_has("monitor: base slot a 0x0404"));
}

static void the_other_slot_runs_instead(void **state)
{
    (void)state;
    struct fixture_image other = base_image(1, 6);
    fixture_write_slot(&other);
    fixture_flip_slot(COMPONENT_BASE, 0, SLOT_HEADER_SIZE_BYTES + 100);
    fixture_must_boot();
    assert_true(fixture_console_has("monitor: base slot a 0x030b"));
    assert_true(fixture_console_has("monitor: base b 6 "));
    assert_int_equal(hal_memory_image_area(COMPONENT_BASE).data[0], 0x33);
    assert_int_equal(monitor.record.state.active_slot[COMPONENT_BASE], 1);
    fixture_must_boot();
    assert_false(fixture_console_has("slot a"));
    assert_true(fixture_console_has("monitor: base b 6 "));
}

static void boot_without_confirmation(uint32_t count)
{
    for (uint32_t boot = 0; boot < count; boot++) {
        fixture_must_boot();
    }
}

static void a_base_that_never_confirms_is_given_up(void **state)
{
    (void)state;
    struct fixture_image other = base_image(1, 6);
    fixture_write_slot(&other);
    boot_without_confirmation(BOOT_RECORD_ATTEMPT_COUNT_MAX);
    assert_true(fixture_console_has("monitor: base a 5 "));
    boot_without_confirmation(1);
    assert_true(fixture_console_has("monitor: base b 6 "));
    /* With both given up they are tried again, rather than never. */
    boot_without_confirmation(BOOT_RECORD_ATTEMPT_COUNT_MAX);
    assert_true(fixture_console_has("monitor: base slot b 0x0b02"));
    assert_true(fixture_console_has("monitor: base a 5 "));
}

/* T-07: a claimed device whose power fails before any confirmation keeps its app. */
static void an_app_comes_back_however_often_power_fails(void **state)
{
    (void)state;
    struct fixture_image app = app_image(0, 2);
    struct fixture_image fallback = app_image(1, 2);
    fixture_write_slot(&app);
    fixture_write_slot(&fallback);
    fixture_must_boot();
    fixture_claim_board("alice", 1);
    for (uint32_t boot = 0; boot < 3 * BOOT_RECORD_ATTEMPT_COUNT_MAX; boot++) {
        boot_without_confirmation(1);
        assert_true(monitor.app_running);
    }
}

static void confirmation_keeps_the_slot(void **state)
{
    (void)state;
    for (uint32_t boot = 0; boot < 3 * BOOT_RECORD_ATTEMPT_COUNT_MAX; boot++) {
        fixture_must_boot();
        assert_true(fixture_console_has("monitor: base a 5 "));
        assert_int_equal(monitor.record.state.attempt_count[COMPONENT_BASE], 1);
        (void)fixture_must_call(MONITOR_CALL_CONFIRM, SPAN_EMPTY);
        uint32_t operations = host_board_operation_count();
        (void)fixture_must_call(MONITOR_CALL_CONFIRM, SPAN_EMPTY);
        assert_int_equal(host_board_operation_count(), operations);
    }
}

static void app_needs_an_owner_and_the_owners_signature(void **state)
{
    (void)state;
    struct fixture_image good = app_image(0, 2);
    fixture_write_slot(&good);
    fixture_must_boot();
    assert_false(fixture_console_has("monitor: app"));
    fixture_claim_board("alice", 1);
    assert_true(fixture_console_has("monitor: app a 2 "));
    assert_true(monitor.app_running);
    assert_int_equal(monitor.measurement_count, 3);

    static const struct {
        const char *root;
        const char *signer;
        uint32_t flip_bytes;
        const char *line;
    } cases[] = {
        {"maker", "release", 0, "monitor: app slot a 0x0402"},
        {"bob", "bob app", 0, "monitor: app slot a 0x0402"},
        {"alice", "alice app", SLOT_HEADER_SIZE_BYTES + 5, "monitor: app slot a 0x030b"},
    };
    for (size_t index = 0; index < sizeof(cases) / sizeof(cases[0]); index++) {
        struct fixture_image image = app_image(0, 3);
        image.root = cases[index].root;
        image.signer = cases[index].signer;
        fixture_write_slot(&image);
        if (cases[index].flip_bytes != 0) {
            fixture_flip_slot(COMPONENT_APP, 0, cases[index].flip_bytes);
        }
        fixture_must_boot();
        assert_true(fixture_console_has(cases[index].line));
        assert_true(fixture_console_has("monitor: app slot b 0x0b01"));
        assert_true(fixture_console_has("monitor: no app 0x0b03"));
        assert_true(fixture_console_has("monitor: start normal"));
        assert_false(monitor.app_running);
        assert_int_equal(monitor.measurement_count, 2);
    }
}

static void expect_app_refused(const struct fixture_image *image, const char *line)
{
    fixture_write_slot(image);
    fixture_must_boot();
    assert_true(fixture_console_has(line));
    assert_true(fixture_console_has("monitor: start normal"));
    assert_false(monitor.app_running);
    assert_int_equal(monitor.measurement_count, 2);
}

/* What the claim's own app key set says is the floor for the key sets that come with images (T-05). */
static void an_app_below_the_claims_floors_is_refused(void **state)
{
    (void)state;
    static const struct fixture_claim claim = {
        .owner = "alice", .signer = "maker", .generation = 1, .app_generation = 5, .app_sequence_min = 7};
    fixture_must_boot();
    (void)fixture_must_call(MONITOR_CALL_CLAIM, fixture_claim(&claim));
    struct fixture_image image = app_image(0, 9);
    image.generation = 4;
    expect_app_refused(&image, "monitor: app slot a 0x0405");
    image.generation = 6;
    image.sequence = 6;
    expect_app_refused(&image, "monitor: app slot a 0x0309");
    image.sequence = 7;
    image.generation = 5;
    fixture_write_slot(&image);
    fixture_must_boot();
    assert_true(fixture_console_has("monitor: app a 7 "));
    assert_true(monitor.app_running);
}

/* The claim's app key set is verified in every boot before it counts (T-04): an image that carries the same bytes is not
 * asked for their signature again. */
static void an_unsigned_app_key_set_of_the_claim_starts_nothing(void **state)
{
    (void)state;
    static const struct fixture_claim claim = {.owner = "alice", .signer = "maker", .generation = 1};
    struct fixture_image image = app_image(0, 2);
    fixture_write_slot(&image);
    fixture_must_boot();
    fixture_claim_board("alice", 1);
    assert_true(monitor.app_running);
    fixture_plant_claim(&claim, FIXTURE_PART_APP_KEYSET, NULL);
    fixture_must_boot();
    assert_true(monitor.claimed);
    assert_true(fixture_console_has("monitor: no app 0x0403"));
    assert_false(monitor.app_running);
    fixture_plant_claim(&claim, FIXTURE_PART_NONE, NULL);
    fixture_must_boot();
    assert_true(monitor.app_running);
}

static void a_lost_record_is_made_anew(void **state)
{
    (void)state;
    fixture_must_boot();
    memset(host_board_flash() + FLASH_BOOT_RECORD_OFFSET, 0xFF, FLASH_BOOT_RECORD_SIZE);
    fixture_must_boot();
    assert_true(fixture_console_has("monitor: base a 5 "));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
    const struct CMUnitTest tests[] = {
        TEST(base_runs_as_it_was_signed),
        TEST(altered_base_is_refused),
        TEST(no_bit_of_what_is_signed_may_differ),
        TEST(foreign_and_old_bases_are_refused),
        TEST(the_other_slot_runs_instead),
        TEST(a_base_that_never_confirms_is_given_up),
        TEST(an_app_comes_back_however_often_power_fails),
        TEST(confirmation_keeps_the_slot),
        TEST(app_needs_an_owner_and_the_owners_signature),
        TEST(an_app_below_the_claims_floors_is_refused),
        TEST(an_unsigned_app_key_set_of_the_claim_starts_nothing),
        TEST(a_lost_record_is_made_anew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
