#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "service/decide/offer.h"

#define NOW_S 1800000000u

/* A device that runs base 3 and is to be offered base 4; each test changes one thing. */
static struct rollout_record rollout;
static struct rollout_target target;
static struct device_record record;
static struct offer_input input;
static struct report_record report;
static struct offer_output output;

static int scene(void **state)
{
    (void)state;
    rollout = (struct rollout_record){.number = 7, .component = COMPONENT_BASE, .sequence = 4, .digest = {{4}},
                                      .authority = {{9}}, .percent = 100, .failures_max = 2,
                                      .success_percent_min = 90, .ring_opened_s = NOW_S - 100, .ring_wait_s = 3600,
                                      .state = ROLLOUT_RUNNING};
    record = (struct device_record){.ueid = {{1, 2, 3}}, .epoch = 2, .boot_count = 10, .measurement_count = 2};
    record.measurements[0] = (struct measurement){.component = COMPONENT_MONITOR, .sequence = 4, .digest = {{4}}};
    record.measurements[1] = (struct measurement){.component = COMPONENT_BASE, .sequence = 3, .digest = {{3}},
                                                  .authority = {{9}}};
    target = (struct rollout_target){.rollout = 7, .ueid = record.ueid, .state = TARGET_OFFERED, .epoch = 2,
                                     .boot_count = 10, .offered_s = NOW_S - 100};
    report = (struct report_record){.report = {COMPONENT_BASE, 4, UPDATE_STATE_DOWNLOADING, 0, 100},
                                    .since_s = NOW_S - 50, .time_s = NOW_S};
    input = (struct offer_input){.rollout = &rollout, .record = &record, .time_s = NOW_S};
    return 0;
}

static void runs(uint32_t sequence, uint8_t digest)
{
    record.measurements[1].sequence = sequence;
    record.measurements[1].digest.bytes[0] = digest;
}

static void expect(enum offer_reason reason, bool is_offered, enum target_state saved)
{
    decide_offer(&input, &output);
    assert_int_equal(output.reason, reason);
    assert_int_equal(output.is_offered, is_offered);
    assert_int_equal(output.save_target, saved != TARGET_NONE);
    assert_int_equal(output.target.state, saved);
    assert_true(strlen(offer_text(reason)) > 0);
}

static void first_offer_is_recorded(void **state)
{
    (void)state;
    expect(OFFER_MADE, true, TARGET_OFFERED);
    assert_int_equal(output.target.rollout, 7);
    assert_memory_equal(&output.target.ueid, &record.ueid, sizeof record.ueid);
    assert_int_equal(output.target.epoch, 2);
    assert_int_equal(output.target.boot_count, 10);
    assert_int_equal(output.target.offered_s, NOW_S);
    record.measurement_count = 1; /* no base at all */
    expect(OFFER_MADE, true, TARGET_OFFERED);
}

static void offer_stands_until_the_reset(void **state)
{
    (void)state;
    input.target = &target;
    input.offered_count = 1000;
    rollout.rate_per_minute = 1;
    expect(OFFER_MADE_AGAIN, true, TARGET_NONE);
}

static void device_that_runs_it_is_counted(void **state)
{
    (void)state;
    runs(4, 4);
    expect(OFFER_RUNNING, false, TARGET_NONE);
    input.target = &target;
    record.boot_count = 11;
    expect(OFFER_RUNNING, false, TARGET_RUNNING);
    target.state = TARGET_FAILED;
    expect(OFFER_RUNNING, false, TARGET_RUNNING);
    target.state = TARGET_RUNNING;
    expect(OFFER_RUNNING, false, TARGET_NONE);
}

static void later_or_other_release_is_left_alone(void **state)
{
    (void)state;
    runs(5, 5);
    expect(OFFER_RUNS_LATER, false, TARGET_NONE);
    runs(4, 5); /* the same number, another image */
    expect(OFFER_RUNS_LATER, false, TARGET_NONE);
    runs(4, 4);
    record.measurements[1].authority.bytes[0] = 8;
    expect(OFFER_RUNS_LATER, false, TARGET_NONE);
    record.measurements[1].authority.bytes[0] = 9;
    input.target = &target;
    target.state = TARGET_RUNNING;
    runs(5, 5);
    expect(OFFER_RUNS_LATER, false, TARGET_NONE);
}

static void reset_without_the_release_is_a_failure(void **state)
{
    (void)state;
    input.target = &target;
    record.boot_count = 11;
    expect(OFFER_FAILED, false, TARGET_FAILED);
    assert_false(output.halt);
    assert_int_equal(output.target.offered_s, NOW_S - 100);
    assert_int_equal(output.target.changed_s, NOW_S);
    record.boot_count = 1;
    expect(OFFER_MADE_AGAIN, true, TARGET_NONE);
    record.epoch = 3; /* a refresh begins counting anew */
    expect(OFFER_FAILED, false, TARGET_FAILED);
    target.state = TARGET_FAILED;
    expect(OFFER_FAILED, false, TARGET_NONE);
}

static void falling_back_later_is_a_failure(void **state)
{
    (void)state;
    input.target = &target;
    target.state = TARGET_RUNNING;
    expect(OFFER_FAILED, false, TARGET_FAILED);
}

static void too_many_failures_halt(void **state)
{
    (void)state;
    input.target = &target;
    record.boot_count = 11;
    input.failed_count = 1;
    expect(OFFER_FAILED, false, TARGET_FAILED);
    assert_true(output.halt);
    rollout.failures_forgiven = 1; /* someone resumed after that one */
    decide_offer(&input, &output);
    assert_false(output.halt);
    rollout.failures_forgiven = 0;
    rollout.state = ROLLOUT_PAUSED; /* counted, but not halted again */
    expect(OFFER_FAILED, false, TARGET_FAILED);
    assert_false(output.halt);
    rollout.state = ROLLOUT_RUNNING;
    target.state = TARGET_FAILED; /* known already */
    decide_offer(&input, &output);
    assert_false(output.halt);
}

static void nothing_is_offered_unless_it_runs(void **state)
{
    (void)state;
    const struct {
        enum rollout_state state;
        enum offer_reason reason;
    } cases[] = {
        {ROLLOUT_PAUSED, OFFER_PAUSED}, {ROLLOUT_HALTED, OFFER_HALTED}, {ROLLOUT_ABORTED, OFFER_ABORTED}};
    for (size_t index = 0; index < sizeof cases / sizeof cases[0]; index++) {
        rollout.state = cases[index].state;
        input.target = NULL;
        expect(cases[index].reason, false, TARGET_NONE);
        input.target = &target;
        expect(cases[index].reason, false, TARGET_NONE);
    }
    runs(4, 4); /* progress is still counted */
    rollout.state = ROLLOUT_PAUSED;
    expect(OFFER_RUNNING, false, TARGET_RUNNING);
}

static void ring_is_the_same_devices_each_time(void **state)
{
    (void)state;
    uint32_t inside_count = 0;
    for (uint32_t number = 0; number < 1000; number++) {
        memcpy(record.ueid.bytes, &number, sizeof number);
        uint32_t ring = offer_ring(&record.ueid);
        assert_true(ring < 100);
        rollout.percent = ring + 1;
        expect(OFFER_MADE, true, TARGET_OFFERED);
        rollout.percent = ring;
        expect(OFFER_OUTSIDE_RING, false, TARGET_NONE);
        inside_count += ring < 10;
    }
    assert_in_range(inside_count, 60, 140);
    rollout.percent = 0;
    input.target = &target; /* whoever was offered it keeps it, should the part be made smaller */
    expect(OFFER_MADE_AGAIN, true, TARGET_NONE);
}

static void rate_holds_back(void **state)
{
    (void)state;
    rollout.rate_per_minute = 5;
    input.offered_count = 4;
    expect(OFFER_MADE, true, TARGET_OFFERED);
    input.offered_count = 5;
    expect(OFFER_RATE, false, TARGET_NONE);
    rollout.rate_per_minute = 0;
    expect(OFFER_MADE, true, TARGET_OFFERED);
}

/* What a device says may be wrong, but it can only stop, never start. */
static void what_a_device_says_counts(void **state)
{
    (void)state;
    input.target = &target;
    input.report = &report;
    record.boot_count = 11;
    expect(OFFER_MADE_AGAIN, true, TARGET_OFFERED); /* a reset in the middle of a download */
    report.report.state = UPDATE_STATE_WAITING;
    expect(OFFER_MADE_AGAIN, true, TARGET_OFFERED);
    report.report.state = UPDATE_STATE_FAILED;
    report.report.code = ERROR_CODE_BOOT_ATTEMPTS;
    expect(OFFER_FAILED, false, TARGET_FAILED);
    record.boot_count = 10; /* its word is enough */
    expect(OFFER_FAILED, false, TARGET_FAILED);
    input.failed_count = 1;
    decide_offer(&input, &output);
    assert_true(output.halt);
    report.since_s = NOW_S - 101; /* said before this offer was made: an earlier try */
    expect(OFFER_MADE_AGAIN, true, TARGET_NONE);
    report.since_s = NOW_S - 50;
    report.report.sequence = 3; /* about another release */
    expect(OFFER_MADE_AGAIN, true, TARGET_NONE);
}

static void power_cuts_cost_nothing(void **state)
{
    (void)state;
    rollout.failures_max = 1;
    input.target = &target;
    record.generations.control = 1; /* it speaks, and has not said anything of this release */
    record.boot_count = 50;
    expect(OFFER_MADE_AGAIN, true, TARGET_OFFERED);
    assert_false(output.halt);
    assert_int_equal(output.target.boot_count, 50);
    assert_int_equal(output.target.offered_s, NOW_S - 100);
    record.epoch = 3;
    record.boot_count = 1;
    expect(OFFER_MADE_AGAIN, true, TARGET_OFFERED);
    assert_int_equal(output.target.epoch, 3);
    assert_int_equal(output.target.boot_count, 1);
    target = output.target;
    expect(OFFER_MADE_AGAIN, true, TARGET_NONE);
    record.generations.control = 0;
    input.report = &report;
    report.report.sequence = 3; /* a word of another release is a word too */
    record.boot_count = 2;
    expect(OFFER_MADE_AGAIN, true, TARGET_OFFERED);
    input.report = NULL; /* and a device that never says anything cannot say that it failed */
    expect(OFFER_FAILED, false, TARGET_FAILED);
    assert_true(output.halt);
}

static void old_failure_counts_after_the_resets_of_a_trial(void **state)
{
    (void)state;
    input.target = &target;
    input.report = &report;
    report.report.state = UPDATE_STATE_FAILED;
    report.since_s = target.offered_s - 1;
    record.boot_count = target.boot_count + OFFER_TRIAL_RESET_COUNT_MIN - 1;
    expect(OFFER_MADE_AGAIN, true, TARGET_NONE);
    record.boot_count++;
    expect(OFFER_FAILED, false, TARGET_FAILED);
}

static void lack_of_contact_is_not_final(void **state)
{
    (void)state;
    input.target = &target;
    input.report = &report;
    report.report.state = UPDATE_STATE_FAILED;
    report.report.code = ERROR_CODE_BOOT_CONTACT;
    rollout.failures_max = 1;
    expect(OFFER_NO_CONTACT, false, TARGET_FAILED);
    assert_true(output.halt); /* a release that breaks the network shows itself just so */
    target = output.target;
    record.boot_count = 15;
    input.time_s = NOW_S + OFFER_NO_CONTACT_WAIT_S - 1;
    expect(OFFER_NO_CONTACT, false, TARGET_NONE);
    input.time_s++;
    rollout.state = ROLLOUT_HALTED;
    expect(OFFER_NO_CONTACT, false, TARGET_NONE);
    rollout.state = ROLLOUT_RUNNING;
    expect(OFFER_MADE_AGAIN, true, TARGET_OFFERED);
    assert_int_equal(output.target.offered_s, input.time_s);
    assert_int_equal(output.target.boot_count, 15);
    struct rollout_target again = output.target;
    input.target = &again; /* the old report is still there and means nothing */
    expect(OFFER_MADE_AGAIN, true, TARGET_NONE);
    input.target = &target;
    report.report.code = ERROR_CODE_BOOT_ATTEMPTS; /* any other failure stays one */
    expect(OFFER_FAILED, false, TARGET_NONE);
}

static void refusals_count_when_they_are_final_or_stand(void **state)
{
    (void)state;
    input.target = &target;
    input.report = &report;
    report.report.state = UPDATE_STATE_REFUSED;
    report.report.code = ERROR_CODE_MANIFEST_IMAGE_DIGEST; /* the line may be to blame */
    expect(OFFER_MADE_AGAIN, true, TARGET_NONE);
    target.offered_s = NOW_S - 2 * OFFER_REFUSAL_PATIENCE_S;
    report.since_s = NOW_S - OFFER_REFUSAL_PATIENCE_S + 1;
    expect(OFFER_MADE_AGAIN, true, TARGET_NONE);
    report.since_s = NOW_S - OFFER_REFUSAL_PATIENCE_S;
    expect(OFFER_FAILED, false, TARGET_FAILED);
    static const uint32_t final[] = {ERROR_CODE_MANIFEST_VENDOR, ERROR_CODE_MANIFEST_CLASS,
                                     ERROR_CODE_MANIFEST_COMPONENT, ERROR_CODE_MANIFEST_ROLLBACK,
                                     ERROR_CODE_MANIFEST_SIZE, ERROR_CODE_KEYSET_GENERATION};
    for (size_t index = 0; index < sizeof final / sizeof final[0]; index++) {
        report.since_s = NOW_S;
        report.report.code = final[index];
        expect(OFFER_FAILED, false, TARGET_FAILED);
    }
}

static void ring_opens_when_enough_run_it(void **state)
{
    (void)state;
    memcpy(rollout.rings, (uint8_t[]){5, 25, 100}, 3);
    rollout.percent = 5;
    rollout.ring_wait_s = 100;
    input.target_count = 10;
    input.running_count = 8;
    input.target = &target;
    record.boot_count = 11;
    runs(4, 4); /* the ninth */
    expect(OFFER_RUNNING, false, TARGET_RUNNING);
    assert_int_equal(output.open_percent, 25);
    assert_false(output.finish);
    rollout.ring_wait_s = 101;
    decide_offer(&input, &output);
    assert_int_equal(output.open_percent, 0);
    rollout.ring_wait_s = 100;
    input.running_count = 7;
    decide_offer(&input, &output);
    assert_int_equal(output.open_percent, 0);
    input.running_count = 8;
    rollout.state = ROLLOUT_PAUSED;
    decide_offer(&input, &output);
    assert_int_equal(output.open_percent, 0);
    rollout.state = ROLLOUT_RUNNING;
    rollout.percent = 25;
    decide_offer(&input, &output);
    assert_int_equal(output.open_percent, 100);
    rollout.percent = 100;
    decide_offer(&input, &output);
    assert_int_equal(output.open_percent, 0);
    assert_true(output.finish);
    rollout.rings[2] = 0;
    rollout.percent = 25; /* there is no way on but by hand */
    decide_offer(&input, &output);
    assert_int_equal(output.open_percent, 0);
    assert_false(output.finish);
}

static void device_of_the_ring_that_opens_is_in_it(void **state)
{
    (void)state;
    uint32_t ring = offer_ring(&record.ueid);
    assert_in_range(ring, 1, 98);
    rollout.rings[0] = (uint8_t)(ring + 1);
    rollout.percent = ring;
    rollout.ring_wait_s = 0;
    expect(OFFER_OUTSIDE_RING, false, TARGET_NONE); /* nobody runs it yet */
    input.target_count = 1;
    input.running_count = 1;
    expect(OFFER_MADE, true, TARGET_OFFERED);
    assert_int_equal(output.open_percent, ring + 1);
}

static void finished_rollout_serves_who_comes_late(void **state)
{
    (void)state;
    rollout.state = ROLLOUT_FINISHED;
    expect(OFFER_MADE, true, TARGET_OFFERED);
    assert_false(output.finish);
    input.target = &target;
    record.boot_count = 11;
    input.failed_count = 1;
    expect(OFFER_FAILED, false, TARGET_FAILED);
    assert_true(output.halt);
}

static void image_of_a_replaced_key_set_stays_here(void **state)
{
    (void)state;
    input.is_outdated = true;
    expect(OFFER_OUTDATED, false, TARGET_NONE);
    input.target = &target;
    expect(OFFER_OUTDATED, false, TARGET_NONE);
    rollout.state = ROLLOUT_PAUSED;
    expect(OFFER_PAUSED, false, TARGET_NONE);
    runs(4, 4); /* and whoever runs it runs it */
    expect(OFFER_RUNNING, false, TARGET_RUNNING);
}

static void windows_are_hours_of_the_day(void **state)
{
    (void)state;
    const struct {
        uint32_t start, end, hour;
        bool inside;
    } cases[] = {{0, 0, 0, true},   {5, 5, 12, true},   {8, 10, 7, false},  {8, 10, 8, true},  {8, 10, 9, true},
                 {8, 10, 10, false}, {22, 6, 21, false}, {22, 6, 22, true}, {22, 6, 0, true}, {22, 6, 5, true},
                 {22, 6, 6, false}};
    for (size_t index = 0; index < sizeof cases / sizeof cases[0]; index++) {
        rollout.window_start_hour = cases[index].start;
        rollout.window_end_hour = cases[index].end;
        input.time_s = 20000 * 86400 + cases[index].hour * 3600 + 3599;
        expect(cases[index].inside ? OFFER_MADE : OFFER_WINDOW, cases[index].inside,
               cases[index].inside ? TARGET_OFFERED : TARGET_NONE);
    }
    input.target = &target; /* whoever has begun goes on */
    expect(OFFER_MADE_AGAIN, true, TARGET_NONE);
}

static void a_burst_of_failures_is_a_failure(void **state)
{
    (void)state;
    runs(4, 4);
    input.crash_count = OFFER_CRASH_COUNT_MIN;
    expect(OFFER_RUNNING, false, TARGET_NONE); /* it was never offered it here */
    input.target = &target;
    expect(OFFER_CRASHES, false, TARGET_FAILED);
    assert_false(output.halt);
    input.failed_count = 1;
    expect(OFFER_CRASHES, false, TARGET_FAILED);
    assert_true(output.halt);
    input.crash_count = OFFER_CRASH_COUNT_MIN - 1;
    expect(OFFER_RUNNING, false, TARGET_RUNNING);
    /* Failures of an older release say nothing about this one. */
    runs(3, 3);
    input.crash_count = 100;
    expect(OFFER_MADE_AGAIN, true, TARGET_NONE);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, scene)
    const struct CMUnitTest tests[] = {
        TEST(first_offer_is_recorded),
        TEST(a_burst_of_failures_is_a_failure),
        TEST(offer_stands_until_the_reset),
        TEST(device_that_runs_it_is_counted),
        TEST(later_or_other_release_is_left_alone),
        TEST(reset_without_the_release_is_a_failure),
        TEST(falling_back_later_is_a_failure),
        TEST(too_many_failures_halt),
        TEST(nothing_is_offered_unless_it_runs),
        TEST(ring_is_the_same_devices_each_time),
        TEST(rate_holds_back),
        TEST(what_a_device_says_counts),
        TEST(power_cuts_cost_nothing),
        TEST(old_failure_counts_after_the_resets_of_a_trial),
        TEST(lack_of_contact_is_not_final),
        TEST(refusals_count_when_they_are_final_or_stand),
        TEST(ring_opens_when_enough_run_it),
        TEST(device_of_the_ring_that_opens_is_in_it),
        TEST(finished_rollout_serves_who_comes_late),
        TEST(image_of_a_replaced_key_set_stays_here),
        TEST(windows_are_hours_of_the_day),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
