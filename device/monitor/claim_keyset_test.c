/* Key sets that change in the field: control sets at once, app sets with an image of theirs, release sets with monitor and
 * base in both slots. What a stolen key has signed is refused afterwards (T-05, T-14). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "device/boards/host/host_board.h"
#include "device/hal/counter.h"
#include "device/monitor/claim.h"
#include "device/monitor/allowance.h"
#include "device/monitor/update_fixture_test.h"

#define COPY_TIME_MS 40000

static struct error give_keyset(enum keyset_kind kind, const char *root, const char *key, uint32_t generation)
{
    return fixture_call(MONITOR_CALL_KEYSET, fixture_keyset(kind, root, key, generation)).error;
}

static void claimed_board(void)
{
    fixture_must_boot();
    fixture_claim_board("alice", 1);
}

static struct error answer_by(const char *signer)
{
    static const uint8_t request[CHALLENGE_SIZE_BYTES + CHANNEL_BINDING_SIZE_BYTES];
    struct fixture_answer options = {.evidence = fixture_must_call(MONITOR_CALL_EVIDENCE, SPAN_OF(request)),
                                     .signer = signer};
    return fixture_call(MONITOR_CALL_ANSWER, fixture_answer(&options)).error;
}

static void a_dropped_control_key_is_refused_at_once(void **state)
{
    (void)state;
    claimed_board();
    fixture_expect_none(answer_by("alice control"));
    fixture_expect_none(give_keyset(KEYSET_CONTROL, "alice", "new control", 7));
    assert_true(fixture_console_has("monitor: control key set 7"));
    for (size_t boot = 0; boot < 3; boot++) {
        fixture_expect_error(answer_by("alice control"), ERROR_CODE_ANSWER_SIGNER);
        fixture_expect_none(answer_by("new control"));
        if (boot == 1) {
            /* A refresh takes it along. */
            fixture_expect_none(claim_request_epoch());
        }
        fixture_must_boot();
        assert_true(monitor.claimed);
    }
    assert_int_equal(monitor.handoff.epoch, 2);
}

static void other_key_sets_are_refused(void **state)
{
    static const struct {
        enum keyset_kind kind;
        const char *root;
        uint32_t generation;
        enum error_code error;
    } cases[] = {
        {KEYSET_CONTROL, "alice", 6, ERROR_CODE_KEYSET_GENERATION},
        {KEYSET_CONTROL, "alice", 7, ERROR_CODE_KEYSET_GENERATION},
        {KEYSET_CONTROL, "mallory", 8, ERROR_CODE_KEYSET_ROOT},
        {KEYSET_CONTROL, "maker", 8, ERROR_CODE_KEYSET_ROOT},
        {KEYSET_APP, "alice", 1, ERROR_CODE_KEYSET_GENERATION},
        {KEYSET_APP, "maker", 8, ERROR_CODE_KEYSET_ROOT},
        {KEYSET_RELEASE, "alice", 8, ERROR_CODE_KEYSET_KIND},
    };
    (void)state;
    fixture_must_boot();
    fixture_expect_error(give_keyset(KEYSET_CONTROL, "alice", "new control", 7), ERROR_CODE_MONITOR_STATE);
    fixture_claim_board("alice", 1);
    fixture_expect_none(give_keyset(KEYSET_CONTROL, "alice", "new control", 7));
    uint32_t operations = host_board_operation_count();
    for (size_t index = 0; index < sizeof(cases) / sizeof(cases[0]); index++) {
        fixture_expect_error(give_keyset(cases[index].kind, cases[index].root, "other", cases[index].generation),
                             cases[index].error);
    }
    uint8_t bytes[KEYSET_SIZE_BYTES_MAX];
    struct span keyset = fixture_keyset(KEYSET_CONTROL, "alice", "third control", 8);
    memcpy(bytes, keyset.data, keyset.size);
    for (size_t offset = 0; offset < keyset.size; offset += 3) {
        bytes[offset] ^= (uint8_t)(1u << offset % 8);
        fixture_advance(ALLOWANCE_REFILL_MS);
        struct error error = fixture_call(MONITOR_CALL_KEYSET, span_of(bytes, keyset.size)).error;
        assert_false(error_is_none(error) || error_is(error, ERROR_CODE_MONITOR_RATE));
        bytes[offset] ^= (uint8_t)(1u << offset % 8);
    }
    assert_int_equal(host_board_operation_count(), operations);
    fixture_expect_none(answer_by("new control"));
    fixture_expect_none(fixture_call(MONITOR_CALL_KEYSET, span_of(bytes, keyset.size)).error);
    /* The same again changes nothing. */
    operations = host_board_operation_count();
    fixture_expect_none(fixture_call(MONITOR_CALL_KEYSET, span_of(bytes, keyset.size)).error);
    assert_int_equal(host_board_operation_count(), operations);
    fixture_expect_none(claim_request_epoch());
    fixture_expect_error(give_keyset(KEYSET_CONTROL, "alice", "fourth control", 9), ERROR_CODE_MONITOR_STATE);
}

static struct fixture_image app_image(uint32_t sequence, const char *signer, uint32_t generation)
{
    struct fixture_image image = update_fixture_image(COMPONENT_APP, sequence);
    image.signer = signer;
    image.generation = generation;
    return image;
}

static void update_and_confirm(const struct fixture_image *image)
{
    update_fixture_must_update(update_fixture_file_of(image));
    fixture_must_boot();
    update_fixture_must_have_contact();
    update_fixture_must_confirm();
}

static void an_app_key_is_dropped_once_an_image_of_the_new_one_stands_in_both_slots(void **state)
{
    (void)state;
    claimed_board();
    struct fixture_image image = app_image(2, "alice app", 1);
    update_and_confirm(&image);
    fixture_advance(COPY_TIME_MS);
    fixture_expect_none(give_keyset(KEYSET_APP, "alice", "new app", 4));
    assert_true(fixture_console_has("monitor: app key set 4 waits for an image of it"));
    /* The old one's images run and are taken as before. */
    fixture_must_boot();
    assert_true(monitor.app_running);
    image = app_image(3, "alice app", 1);
    update_and_confirm(&image);
    image = app_image(4, "new app", 4);
    update_fixture_must_update(update_fixture_file_of(&image));
    fixture_must_boot();
    fixture_advance(COPY_TIME_MS);
    assert_int_equal(monitor.owner.app.generation, 1); /* on trial */
    update_fixture_must_have_contact();
    update_fixture_must_confirm();
    assert_int_equal(monitor.owner.app.generation, 1); /* not yet copied */
    fixture_advance(COPY_TIME_MS);
    assert_true(fixture_console_has("monitor: app key set 4, those before it are dropped"));
    for (size_t boot = 0; boot < 2; boot++) {
        assert_int_equal(monitor.owner.app.generation, 4);
        image = app_image(9, "alice app", 1);
        fixture_expect_error(update_fixture_begin(update_fixture_file_of(&image)), ERROR_CODE_KEYSET_GENERATION);
        image = app_image(9, "alice app", 4);
        image.signer = "new app";
        image.manifest_signer = "alice app";
        fixture_expect_error(update_fixture_begin(update_fixture_file_of(&image)), ERROR_CODE_MANIFEST_SIGNER);
        fixture_must_boot();
        assert_true(monitor.app_running);
    }
    /* Either slot boots. */
    fixture_flip_slot(COMPONENT_APP, monitor.running_slot[COMPONENT_APP], SLOT_HEADER_SIZE_BYTES + 9);
    fixture_must_boot();
    assert_true(monitor.app_running);
}

static uint32_t floor_now(void)
{
    uint32_t value;
    fixture_expect_none(hal_counter_read(HAL_COUNTER_RELEASE_GENERATION, &value));
    return value;
}

static struct fixture_image release_image(enum component component, uint32_t sequence, uint32_t generation)
{
    struct fixture_image image = update_fixture_image(component, sequence);
    image.generation = generation;
    image.signer = generation == 1 ? "release" : "new release";
    return image;
}

/* A10, and a device that was off for five generations: 1, then 6. */
static void a_release_key_is_dropped_once_monitor_and_base_stand_in_both_slots(void **state)
{
    (void)state;
    claimed_board();
    struct fixture_image image = release_image(COMPONENT_BASE, 6, 6);
    update_and_confirm(&image);
    fixture_advance(COPY_TIME_MS);
    fixture_must_boot();
    assert_true(floor_now() <= 1); /* the monitor is of the old set */
    image = release_image(COMPONENT_MONITOR, 6, 6);
    update_and_confirm(&image);
    fixture_must_boot();
    assert_true(floor_now() <= 1); /* not copied */
    update_fixture_must_confirm();
    fixture_advance(COPY_TIME_MS);
    assert_true(fixture_console_has("monitor: release key set 6, those before it are dropped at the next start"));
    assert_true(floor_now() <= 1);
    fixture_must_boot();
    assert_int_equal(floor_now(), 6);
    image = release_image(COMPONENT_BASE, 9, 1);
    fixture_expect_error(update_fixture_begin(update_fixture_file_of(&image)), ERROR_CODE_KEYSET_GENERATION);
    /* Both slots of both still boot. */
    fixture_flip_slot(COMPONENT_BASE, monitor.running_slot[COMPONENT_BASE], SLOT_HEADER_SIZE_BYTES + 9);
    fixture_flip_slot(COMPONENT_MONITOR, monitor.running_slot[COMPONENT_MONITOR], SLOT_HEADER_SIZE_BYTES + 9);
    fixture_must_boot();
    assert_int_equal(monitor.handoff.release_generation, 6);
    assert_int_equal(monitor.base_generation, 6);
    /* And an image of the stolen key that somebody writes there does not. */
    image = release_image(COMPONENT_BASE, 9, 1);
    image.slot_index = monitor.running_slot[COMPONENT_BASE];
    fixture_write_slot(&image);
    fixture_expect_error(fixture_boot(), ERROR_CODE_BOOT_NO_SLOT);
    assert_true(fixture_console_has("0x0405"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_dropped_control_key_is_refused_at_once),
        TEST(other_key_sets_are_refused),
        TEST(an_app_key_is_dropped_once_an_image_of_the_new_one_stands_in_both_slots),
        TEST(a_release_key_is_dropped_once_monitor_and_base_stand_in_both_slots),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
