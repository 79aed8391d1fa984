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
static struct offer_output output;

static int scene(void **state)
{
    (void)state;
    rollout = (struct rollout_record){.number = 7, .component = COMPONENT_BASE, .sequence = 4, .digest = {{4}},
                                      .authority = {{9}}, .percent = 100, .failures_max = 2,
                                      .state = ROLLOUT_RUNNING};
    record = (struct device_record){.ueid = {{1, 2, 3}}, .epoch = 2, .boot_count = 10, .measurement_count = 2};
    record.measurements[0] = (struct measurement){.component = COMPONENT_MONITOR, .sequence = 4, .digest = {{4}}};
    record.measurements[1] = (struct measurement){.component = COMPONENT_BASE, .sequence = 3, .digest = {{3}},
                                                  .authority = {{9}}};
    target = (struct rollout_target){.rollout = 7, .ueid = record.ueid, .state = TARGET_OFFERED, .epoch = 2,
                                     .boot_count = 10, .offered_s = NOW_S - 100};
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

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, scene)
    const struct CMUnitTest tests[] = {
        TEST(first_offer_is_recorded),
        TEST(offer_stands_until_the_reset),
        TEST(device_that_runs_it_is_counted),
        TEST(later_or_other_release_is_left_alone),
        TEST(reset_without_the_release_is_a_failure),
        TEST(falling_back_later_is_a_failure),
        TEST(too_many_failures_halt),
        TEST(nothing_is_offered_unless_it_runs),
        TEST(ring_is_the_same_devices_each_time),
        TEST(rate_holds_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
