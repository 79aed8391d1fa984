/* What fires, what leads furthest, and what must not set anything off. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "service/decide/alert.h"

struct scene {
    struct alert_policy policy;
    struct decide_input checkin;
    struct decide_output decided;
    struct device_record record;
    struct alert_input input;
    struct alert_record alert;
};

static struct scene scene;

static int scene_make(void **state)
{
    (void)state;
    memset(&scene, 0, sizeof scene);
    scene.policy = alert_policy_default();
    scene.record.epoch = 3;
    scene.record.boot_count = 7;
    scene.checkin.record = &scene.record;
    scene.checkin.evidence.epoch = 3;
    scene.checkin.evidence.boot_count = 7;
    scene.checkin.time_s = 1000;
    scene.decided.is_authentic = true;
    scene.decided.verdict = ERROR_NONE;
    scene.input = (struct alert_input){&scene.policy, &scene.checkin, &scene.decided, 0};
    return 0;
}

static enum alert_action decide(void)
{
    alert_decide(&scene.input, &scene.alert);
    return scene.alert.action;
}

static void nothing_fires_for_an_ordinary_checkin(void **state)
{
    (void)state;
    assert_int_equal(decide(), ALERT_IGNORED);
}

static void faults_count_from_the_last_evidence_of_the_same_boot(void **state)
{
    (void)state;
    scene.record.fault_counts[FAULT_COMPARTMENT] = 95;
    scene.checkin.evidence.fault_counts[FAULT_COMPARTMENT] = 104;
    assert_int_equal(decide(), ALERT_IGNORED);
    scene.checkin.evidence.fault_counts[FAULT_REFLECTED] = 1;
    assert_int_equal(decide(), ALERT_NOTED);
    assert_int_equal(scene.alert.rule, ALERT_FAULTS);
    assert_non_null(strstr(scene.alert.sentence, "(10)"));
    scene.checkin.evidence.fault_counts[FAULT_COMPARTMENT] = 9;
    scene.checkin.evidence.fault_counts[FAULT_REFLECTED] = 0;
    scene.checkin.evidence.boot_count = 8;
    assert_int_equal(decide(), ALERT_IGNORED);
    scene.checkin.evidence.fault_counts[FAULT_COMPARTMENT] = 10;
    assert_int_equal(decide(), ALERT_NOTED);
}

static void undeclared_use_is_a_rule_of_its_own(void **state)
{
    (void)state;
    scene.checkin.evidence.fault_counts[FAULT_UNDECLARED] = 19;
    assert_int_equal(decide(), ALERT_IGNORED);
    scene.checkin.evidence.fault_counts[FAULT_UNDECLARED] = 20;
    assert_int_equal(decide(), ALERT_NOTED);
    assert_int_equal(scene.alert.rule, ALERT_UNDECLARED_USE);
    /* What a refused device says is not believed. */
    scene.decided.verdict = ERROR(EVIDENCE, CHALLENGE);
    assert_int_equal(decide(), ALERT_IGNORED);
}

static void what_leads_furthest_wins(void **state)
{
    (void)state;
    scene.policy.rules[ALERT_FAULTS] = (struct alert_setting){ALERT_REFRESH, 1};
    scene.checkin.evidence.fault_counts[FAULT_UNDECLARED] = 50;
    scene.checkin.evidence.fault_counts[FAULT_COMPARTMENT] = 1;
    assert_int_equal(decide(), ALERT_REFRESH);
    assert_int_equal(scene.alert.rule, ALERT_FAULTS);
    scene.policy.rules[ALERT_UNDECLARED_USE] = (struct alert_setting){ALERT_QUARANTINE, 50};
    assert_int_equal(decide(), ALERT_QUARANTINE);
    scene.policy.rules[ALERT_UNDECLARED_USE].action = ALERT_IGNORED;
    scene.policy.rules[ALERT_FAULTS].action = ALERT_IGNORED;
    assert_int_equal(decide(), ALERT_IGNORED);
}

static void rival_is_the_devices_own_evidence_over_this_connection(void **state)
{
    (void)state;
    scene.decided.verdict = ERROR(EVIDENCE, SEQUENCE);
    scene.input.rival_count = 3;
    assert_int_equal(decide(), ALERT_REFRESH);
    scene.input.rival_count = 2;
    assert_int_equal(decide(), ALERT_IGNORED);
    scene.input.rival_count = 100;
    scene.checkin.channel_binding[0] = 1; /* replayed by somebody else */
    assert_int_equal(decide(), ALERT_IGNORED);
    scene.checkin.channel_binding[0] = 0;
    scene.decided.is_authentic = false;
    assert_int_equal(decide(), ALERT_IGNORED);
}

static void rival_after_a_refresh_for_it_is_a_clone(void **state)
{
    (void)state;
    scene.decided.verdict = ERROR(EVIDENCE, SEQUENCE);
    scene.input.rival_count = 3;
    scene.checkin.revoked = (struct revoked_state){.epoch_min = 3, .reason = REFRESH_BY_RULE};
    assert_int_equal(decide(), ALERT_QUARANTINE);
    assert_non_null(strstr(scene.alert.sentence, "same secret"));
    scene.checkin.revoked.epoch_min = 4; /* it has not been carried out */
    assert_int_equal(decide(), ALERT_REFRESH);
    scene.checkin.revoked = (struct revoked_state){.epoch_min = 3, .reason = REFRESH_BY_OPERATOR};
    assert_int_equal(decide(), ALERT_REFRESH);
    scene.policy.rules[ALERT_RIVAL].action = ALERT_NOTED; /* whoever wants to hear only, hears only */
    scene.checkin.revoked.reason = REFRESH_BY_RULE;
    assert_int_equal(decide(), ALERT_NOTED);
}

static void names_lead_back(void **state)
{
    (void)state;
    for (int rule = 1; rule <= ALERT_RULE_COUNT; rule++) {
        enum alert_rule got;
        assert_true(alert_rule_named(alert_rule_name((enum alert_rule)rule), &got));
        assert_int_equal(got, rule);
    }
    for (int action = ALERT_IGNORED; action <= ALERT_QUARANTINE; action++) {
        enum alert_action got;
        assert_true(alert_action_named(alert_action_name((enum alert_action)action), &got));
        assert_int_equal(got, action);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, scene_make)
    const struct CMUnitTest tests[] = {
        TEST(nothing_fires_for_an_ordinary_checkin),
        TEST(faults_count_from_the_last_evidence_of_the_same_boot),
        TEST(undeclared_use_is_a_rule_of_its_own),
        TEST(what_leads_furthest_wins),
        TEST(rival_is_the_devices_own_evidence_over_this_connection),
        TEST(rival_after_a_refresh_for_it_is_a_clone),
        TEST(names_lead_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
