/* What becomes of an update: trial, contact and lack of it, copy to the other slot, and what is reported of it (T-07,
 * T-16). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "device/boards/host/host_board.h"
#include "device/hal/watchdog.h"
#include "device/monitor/monitor.h"
#include "device/monitor/trial.h"
#include "device/monitor/update_budget.h"
#include "device/monitor/update_fixture_test.h"

#define COPY_TIME_MS 20000
#define STEP_MS 2500 /* below the watchdog's time */
#define OLD 5
#define OLD_SIZE_BYTES 3000
#define NEW 6

static uint32_t hour_count;

static bool slots_begin_equal(enum component component, size_t image_size_bytes)
{
    const uint8_t *flash = host_board_flash();
    return memcmp(flash + slot_offset_bytes(component, 0), flash + slot_offset_bytes(component, 1),
                  SLOT_HEADER_SIZE_BYTES + image_size_bytes) == 0;
}

/* The slots of the component hold the same image. */
static bool slots_are_equal(enum component component)
{
    return slots_begin_equal(component, UPDATE_FIXTURE_CONTENT_SIZE_BYTES);
}

static void board_with_update(enum component component)
{
    fixture_must_boot();
    fixture_claim_board("alice", 1);
    struct fixture_image image = update_fixture_image(component, NEW);
    update_fixture_must_update(update_fixture_file_of(&image));
}

static uint32_t running_base(void)
{
    return monitor.measurements[1].sequence;
}

static void an_update_that_never_runs_falls_back(void **state)
{
    (void)state;
    board_with_update(COMPONENT_BASE);
    assert_int_equal(update_fixture_status(COMPONENT_BASE).state, UPDATE_STATE_WAITING);
    for (size_t boot = 0; boot < BOOT_RECORD_ATTEMPT_COUNT_MAX; boot++) {
        fixture_must_boot();
        assert_true(fixture_console_has("monitor: base b 6 "));
        assert_int_equal(update_fixture_status(COMPONENT_BASE).state, UPDATE_STATE_TRIAL);
        /* The other slot is what the device falls back to: it is not to be had. */
        struct fixture_image next = update_fixture_image(COMPONENT_BASE, 7);
        fixture_expect_error(update_fixture_begin(update_fixture_file_of(&next)), ERROR_CODE_MONITOR_STATE);
    }
    fixture_must_boot();
    assert_true(fixture_console_has("monitor: base 6 failed its trial 0x0b02"));
    assert_true(fixture_console_has("monitor: base a 5 "));
    update_fixture_must_confirm();
    for (size_t boot = 0; boot < 2; boot++) {
        struct update_report report = update_fixture_status(COMPONENT_BASE);
        assert_int_equal(report.state, UPDATE_STATE_FAILED);
        assert_int_equal(report.code, ERROR_CODE_BOOT_ATTEMPTS);
        assert_int_equal(report.sequence, NEW);
        fixture_must_boot();
    }
    /* The same release may be tried again: who offers it decides. Nothing need be written for it. */
    struct fixture_image image = update_fixture_image(COMPONENT_BASE, NEW);
    struct span file = update_fixture_file_of(&image);
    fixture_write_slot(&(struct fixture_image){
        .component = COMPONENT_APP, .sequence = 1, .root = "alice", .signer = "alice app", .fill = 0x33});
    update_fixture_must_update(file);
    fixture_must_boot();
    assert_true(fixture_console_has("monitor: base b 6 "));
}

static void what_failed_makes_room_for_what_runs(void **state)
{
    (void)state;
    board_with_update(COMPONENT_BASE);
    for (size_t boot = 0; boot <= BOOT_RECORD_ATTEMPT_COUNT_MAX; boot++) {
        fixture_must_boot();
    }
    assert_int_equal(running_base(), OLD);
    assert_false(slots_begin_equal(COMPONENT_BASE, OLD_SIZE_BYTES));
    update_fixture_must_confirm();
    fixture_advance(COPY_TIME_MS);
    assert_true(slots_begin_equal(COMPONENT_BASE, OLD_SIZE_BYTES));
    assert_int_equal(monitor.record.state.given_up[COMPONENT_BASE], 0);
    assert_int_equal(update_fixture_status(COMPONENT_BASE).state, UPDATE_STATE_FAILED);
    fixture_flip_slot(COMPONENT_BASE, 0, SLOT_HEADER_SIZE_BYTES);
    fixture_must_boot();
    assert_true(fixture_console_has("monitor: base b 5 "));
}

/* Of its ticks, which feed the watchdog, only one a minute is a whole one. */
static void an_hour(void)
{
    for (uint32_t passed_ms = STEP_MS; passed_ms <= 3600000; passed_ms += STEP_MS) {
        host_board_clock_advance(STEP_MS);
        hal_watchdog_feed();
        if (passed_ms % 60000 == 0) {
            monitor_tick();
        }
    }
}

/* One hour in the life of a board whose base always runs; contact as the caller says for each version. */
static void live_an_hour(bool contact_old, bool contact_new)
{
    hour_count++;
    if (host_board_run(an_hour) == HOST_EVENT_RESET) {
        fixture_must_boot();
    }
    if (running_base() == NEW ? contact_new : contact_old) {
        update_fixture_must_have_contact();
    }
    update_fixture_must_confirm();
    assert_true(monitor.app_running);
}

static void board_on_trial(void)
{
    hour_count = 0;
    fixture_write_slot(&(struct fixture_image){
        .component = COMPONENT_APP, .sequence = 1, .root = "alice", .signer = "alice app", .fill = 0x33});
    board_with_update(COMPONENT_BASE);
    fixture_must_boot();
    assert_int_equal(running_base(), NEW);
    update_fixture_must_confirm();
}

/* A1: whenever the jammer that started with the trial stops, the update stays; the app runs all the while. */
static void a_jammer_does_not_bring_the_old_version_back(void **state)
{
    static const uint32_t jammed_hours[] = {1, 24, 26, 49, 100};
    for (size_t index = 0; index < sizeof(jammed_hours) / sizeof(jammed_hours[0]); index++) {
        if (index > 0) {
            (void)fixture_teardown(state);
            (void)fixture_setup(state);
        }
        board_on_trial();
        uint32_t hours[NEW + 1] = {0};
        while (hour_count < jammed_hours[index]) {
            live_an_hour(false, false);
            hours[running_base()]++;
        }
        if (jammed_hours[index] > 48) {
            /* Both have their turns. */
            assert_true(hours[OLD] >= TRIAL_HOURS - 2 && hours[NEW] >= TRIAL_HOURS - 2);
        }
        for (uint32_t hour = 0; hour < 3; hour++) {
            live_an_hour(true, true);
        }
        assert_int_equal(running_base(), NEW);
        assert_int_equal(monitor.memory.outcomes[COMPONENT_BASE].state, UPDATE_STATE_CONFIRMED);
    }
}

static void an_update_that_alone_has_no_contact_fails(void **state)
{
    (void)state;
    board_on_trial();
    while (trial_is_open(COMPONENT_BASE)) {
        assert_in_range(hour_count, 0, TRIAL_ROUNDS * (TRIAL_HOURS + 2));
        live_an_hour(true, false);
    }
    struct update_report report = update_fixture_status(COMPONENT_BASE);
    assert_true(hour_count > TRIAL_ROUNDS * (TRIAL_HOURS - 2));
    assert_int_equal(running_base(), OLD);
    assert_int_equal(report.state, UPDATE_STATE_FAILED);
    assert_int_equal(report.code, ERROR_CODE_BOOT_CONTACT);
    assert_true(fixture_console_has("monitor: base 6 failed its trial 0x0b0a"));
}

/* It runs, says so, has no contact and falls over: a start counts as an hour. */
static void an_update_that_falls_over_without_contact_gives_way(void **state)
{
    (void)state;
    board_on_trial();
    for (uint32_t boot = 0; running_base() == NEW; boot++) {
        assert_in_range(boot, 0, TRIAL_HOURS + 1);
        fixture_must_boot();
        update_fixture_must_confirm();
    }
    update_fixture_must_have_contact();
    update_fixture_must_confirm();
    fixture_must_boot();
    assert_int_equal(running_base(), NEW);
    assert_int_equal(monitor.memory.trial_rounds, 1);
}

static void an_old_version_that_is_gone_leaves_the_trial_to_the_new(void **state)
{
    (void)state;
    board_on_trial();
    fixture_flip_slot(COMPONENT_BASE, 0, SLOT_HEADER_SIZE_BYTES + 7);
    for (uint32_t hour = 0; hour < 2 * TRIAL_HOURS; hour++) {
        live_an_hour(false, false);
        assert_int_equal(running_base(), NEW);
    }
    assert_true(trial_is_open(COMPONENT_BASE));
    live_an_hour(false, true);
    assert_false(trial_is_open(COMPONENT_BASE));
}

static void a_confirmed_update_is_copied_to_the_other_slot(void **state)
{
    static const enum component components[] = {COMPONENT_MONITOR, COMPONENT_BASE, COMPONENT_APP};
    static const char *const lines[] = {"rom: monitor a 6 ", "monitor: base a 6 ", "monitor: app a 6 "};
    for (size_t index = 0; index < sizeof(components) / sizeof(components[0]); index++) {
        enum component component = components[index];
        if (index > 0) {
            (void)fixture_teardown(state);
            (void)fixture_setup(state);
        }
        board_with_update(component);
        fixture_must_boot();
        update_fixture_must_confirm();
        fixture_advance(COPY_TIME_MS);
        assert_false(slots_are_equal(component)); /* on trial */
        update_fixture_must_have_contact();
        update_fixture_must_confirm();
        assert_int_equal(update_fixture_status(component).state, UPDATE_STATE_CONFIRMED);
        fixture_advance(COPY_TIME_MS);
        assert_true(slots_are_equal(component));
        assert_int_equal(update_fixture_status(component).state, UPDATE_STATE_SETTLED);
        /* Once; after that it is only read. */
        fixture_must_boot();
        assert_int_equal(update_fixture_status(component).state, UPDATE_STATE_SETTLED);
        update_fixture_must_confirm();
        uint32_t operations = host_board_operation_count();
        fixture_advance(COPY_TIME_MS);
        assert_int_equal(host_board_operation_count() - operations, 0);
        fixture_flip_slot(component, 1, SLOT_HEADER_SIZE_BYTES + 5);
        fixture_must_boot();
        assert_true(component == COMPONENT_APP || fixture_console_has(lines[index]));
        assert_true(fixture_console_has(lines[index]));
    }
}

static void a_copy_goes_on_after_a_reset_and_repairs_the_other_slot(void **state)
{
    (void)state;
    board_with_update(COMPONENT_BASE);
    fixture_must_boot();
    update_fixture_must_have_contact();
    update_fixture_must_confirm();
    for (size_t boot = 0; boot < 3; boot++) {
        fixture_advance(500);
        assert_false(slots_are_equal(COMPONENT_BASE));
        fixture_must_boot();
        update_fixture_must_confirm();
    }
    fixture_advance(COPY_TIME_MS);
    assert_true(slots_are_equal(COMPONENT_BASE));
    /* A bit of the fallback has flipped: found at the next start, and mended. */
    fixture_flip_slot(COMPONENT_BASE, 0, SLOT_HEADER_SIZE_BYTES + 4500);
    fixture_must_boot();
    update_fixture_must_confirm();
    fixture_advance(2 * COPY_TIME_MS);
    assert_true(slots_are_equal(COMPONENT_BASE));
}

static void what_is_not_what_was_measured_is_not_copied(void **state)
{
    (void)state;
    board_with_update(COMPONENT_BASE);
    fixture_must_boot();
    fixture_flip_slot(COMPONENT_BASE, 1, SLOT_HEADER_SIZE_BYTES + 4500);
    update_fixture_must_have_contact();
    update_fixture_must_confirm();
    fixture_advance(2 * COPY_TIME_MS);
    struct slot_header header;
    struct span block = span_of(host_board_flash() + slot_offset_bytes(COMPONENT_BASE, 0), SLOT_HEADER_SIZE_BYTES);
    fixture_expect_error(slot_header_parse(block, &header), ERROR_CODE_BOOT_SLOT_EMPTY);
    assert_int_equal(update_fixture_status(COMPONENT_BASE).state, UPDATE_STATE_CONFIRMED);
}

static void an_update_goes_before_the_copy(void **state)
{
    (void)state;
    board_with_update(COMPONENT_BASE);
    fixture_must_boot();
    update_fixture_must_have_contact();
    update_fixture_must_confirm();
    fixture_advance(300);
    struct fixture_image image = update_fixture_image(COMPONENT_BASE, 7);
    struct span file = update_fixture_file_of(&image);
    assert_int_equal(update_fixture_must_begin(file), 0);
    update_fixture_write_rest(file, 0, 6000);
    fixture_advance(COPY_TIME_MS);
    assert_int_equal(update_fixture_status(COMPONENT_BASE).state, UPDATE_STATE_DOWNLOADING);
    assert_int_equal(update_fixture_status(COMPONENT_BASE).size_done_bytes, 6000);
    fixture_must_boot();
    update_fixture_must_confirm();
    fixture_advance(COPY_TIME_MS);
    struct update_report report = update_fixture_status(COMPONENT_BASE);
    assert_int_equal(report.state, UPDATE_STATE_DOWNLOADING);
    assert_int_equal(report.sequence, 7);
    assert_int_equal(report.size_done_bytes, 4096);
    update_fixture_must_update(file);
    fixture_must_boot();
    assert_true(fixture_console_has("monitor: base a 7 "));
}

static struct error begin_another(uint32_t sequence)
{
    struct fixture_image image = update_fixture_image(COMPONENT_BASE, sequence);
    fixture_advance(STEP_MS * 2);
    return update_fixture_begin(update_fixture_file_of(&image));
}

/* A3: neither resets nor other images bring back the day's share; another day, as signed, does. */
static void erases_are_limited_by_the_day(void **state)
{
    (void)state;
    fixture_must_boot();
    fixture_claim_board("alice", 1);
    update_fixture_must_have_contact();
    for (uint32_t count = 0; count < UPDATE_BUDGET_PER_DAY; count++) {
        fixture_expect_none(begin_another(NEW + count % 2));
        if (count % 8 == 0) {
            fixture_must_boot();
        }
    }
    fixture_expect_error(begin_another(NEW), ERROR_CODE_MONITOR_WEAR);
    fixture_must_boot();
    uint32_t operations = host_board_operation_count();
    fixture_expect_error(begin_another(NEW), ERROR_CODE_MONITOR_WEAR);
    assert_int_equal(host_board_operation_count(), operations);
    static const uint8_t request[CHALLENGE_SIZE_BYTES + CHANNEL_BINDING_SIZE_BYTES];
    struct fixture_answer tomorrow = {.evidence = fixture_must_call(MONITOR_CALL_EVIDENCE, SPAN_OF(request)),
                                      .signer = "alice control",
                                      .time_added_s = 86400};
    (void)fixture_must_call(MONITOR_CALL_ANSWER, fixture_answer(&tomorrow));
    fixture_expect_none(begin_another(NEW));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
    const struct CMUnitTest tests[] = {
        TEST(an_update_that_never_runs_falls_back),
        TEST(what_failed_makes_room_for_what_runs),
        TEST(a_jammer_does_not_bring_the_old_version_back),
        TEST(an_update_that_alone_has_no_contact_fails),
        TEST(an_update_that_falls_over_without_contact_gives_way),
        TEST(an_old_version_that_is_gone_leaves_the_trial_to_the_new),
        TEST(a_confirmed_update_is_copied_to_the_other_slot),
        TEST(a_copy_goes_on_after_a_reset_and_repairs_the_other_slot),
        TEST(what_is_not_what_was_measured_is_not_copied),
        TEST(an_update_goes_before_the_copy),
        TEST(erases_are_limited_by_the_day),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
