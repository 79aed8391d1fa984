/* Revocation and refresh, for every backend. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "service/store/store.h"
#include "service/store/store_conformance.h"

static void ok(struct error error)
{
    if (!error_is_none(error)) {
        fail_msg("%s", error_name(error));
    }
}

static struct ueid ueid_number(uint8_t number)
{
    return (struct ueid){{UEID_TYPE_RAND, number}};
}

static void add_devices(struct store *store, uint8_t count)
{
    for (uint8_t number = 1; number <= count; number++) {
        struct device_record record = {.ueid = ueid_number(number), .mode = DEVICE_MODE_NORMAL};
        ok(store_device_save(store, &record));
    }
}

void store_revocations_are_kept(struct store *store)
{
    struct ueid ueid = ueid_number(1);
    struct ueid other = ueid_number(2);
    struct revoked_state state;
    struct revocation_chain chain;
    ok(store_revoked_load(store, &ueid, &state));
    assert_true(state.epoch_min == 0 && state.reason == 0 && !state.is_quarantined);
    ok(store_revoked_save(store, &ueid, &(struct revoked_state){UINT32_MAX, REFRESH_BY_RULE, true}));
    ok(store_revoked_save(store, &ueid, &(struct revoked_state){7, REFRESH_BY_OPERATOR, true}));
    ok(store_revoked_load(store, &ueid, &state));
    assert_true(state.epoch_min == 7 && state.reason == REFRESH_BY_OPERATOR && state.is_quarantined);
    ok(store_revoked_load(store, &other, &state));
    assert_true(state.epoch_min == 0 && !state.is_quarantined);

    ok(store_journal_load(store, &chain));
    assert_int_equal(chain.number, 0);
    ok(store_journal_save(store, &(struct revocation_chain){3, {{1}}}));
    ok(store_journal_save(store, &(struct revocation_chain){UINT32_MAX + 1ull, {{2}}}));
    ok(store_journal_load(store, &chain));
    assert_int_equal(chain.number, UINT32_MAX + 1ull);
    assert_int_equal(chain.link.bytes[0], 2);
}

static struct refresh_record sample(void)
{
    return (struct refresh_record){.state = REFRESH_RUNNING, .reason = REFRESH_BY_OPERATOR, .text = "leaked key",
                                   .rate_per_minute = 60, .started_s = 100};
}

static void count_refresh(void *context, const struct refresh_record *refresh)
{
    (void)refresh;
    ++*(uint64_t *)context;
}

static void keep_target(void *context, const struct refresh_target *target)
{
    *(struct refresh_target *)context = *target;
}

void store_refresh_targets_are_taken_once(struct store *store)
{
    struct refresh_record one = sample();
    struct refresh_record all = sample();
    struct ueid ueid = ueid_number(2);
    struct ueid stranger = ueid_number(9);
    uint64_t count = 0;
    add_devices(store, 3);
    ok(store_refresh_add(store, &one));
    ok(store_refresh_add(store, &all));
    assert_int_equal(all.number, one.number + 1);
    ok(store_refresh_target_add(store, one.number, &ueid, "", 101, &count));
    assert_int_equal(count, 1);
    ok(store_refresh_target_add(store, one.number, &stranger, "", 101, &count));
    assert_int_equal(count, 0);
    ok(store_refresh_target_add(store, all.number, NULL, "nobody", 102, &count));
    assert_int_equal(count, 0);
    ok(store_refresh_target_add(store, all.number, NULL, "", 102, &count)); /* the second device is taken */
    assert_int_equal(count, 2);
    ok(store_refresh_target_add(store, all.number, NULL, "", 103, &count));
    assert_int_equal(count, 0);
    struct refresh_target target = {0};
    ok(store_refresh_target_list(store, all.number, REFRESH_WAITING, &ueid, 10, keep_target, &target));
    assert_int_equal(target.ueid.bytes[1], 3);
    assert_int_equal(target.stage, REFRESH_WAITING);
    assert_int_equal(target.reached_s[REFRESH_WAITING], 102);
}

void store_refresh_stages_are_kept(struct store *store)
{
    struct refresh_record refresh = sample();
    struct refresh_record got;
    struct refresh_target target = {0};
    struct refresh_counts counts;
    struct ueid ueid = ueid_number(1);
    uint64_t count = 0;
    add_devices(store, 2);
    ok(store_refresh_add(store, &refresh));
    ok(store_refresh_target_add(store, refresh.number, NULL, "", 100, NULL));
    ok(store_refresh_load(store, refresh.number, &got));
    assert_string_equal(got.text, "leaked key");
    assert_true(got.reason == REFRESH_BY_OPERATOR && got.rate_per_minute == 60 && got.started_s == 100);
    assert_true(error_is(store_refresh_load(store, refresh.number + 1, &got), ERROR_CODE_STORE_NOT_FOUND));
    assert_true(error_is(store_refresh_target_open(store, &ueid, &target), ERROR_CODE_STORE_NOT_FOUND));
    ok(store_refresh_list_waiting(store, 10, count_refresh, &count));
    assert_int_equal(count, 1);

    ok(store_refresh_target_list(store, refresh.number, 0, NULL, 1, keep_target, &target));
    target.stage = REFRESH_ORDERED;
    target.epoch = 5;
    target.last_code = 0x0607;
    for (int stage = REFRESH_ORDERED; stage <= REFRESH_DONE; stage++) {
        target.reached_s[stage] = 200 + (uint64_t)stage;
    }
    ok(store_refresh_target_save(store, &target));
    struct refresh_target again = {0};
    ok(store_refresh_target_open(store, &ueid, &again));
    assert_memory_equal(&again, &target, sizeof again);
    ok(store_refresh_count(store, refresh.number, &counts));
    assert_true(counts.stages[REFRESH_WAITING] == 1 && counts.stages[REFRESH_ORDERED] == 1);
    ok(store_refresh_count_since(store, refresh.number, 201, &count));
    assert_int_equal(count, 1);
    ok(store_refresh_count_since(store, refresh.number, 202, &count));
    assert_int_equal(count, 0);

    target.stage = REFRESH_DONE;
    ok(store_refresh_target_save(store, &target));
    assert_true(error_is(store_refresh_target_open(store, &ueid, &again), ERROR_CODE_STORE_NOT_FOUND));
    refresh.state = REFRESH_ABORTED;
    ok(store_refresh_save(store, &refresh));
    ok(store_refresh_drop_waiting(store, refresh.number));
    count = 0;
    ok(store_refresh_list_waiting(store, 10, count_refresh, &count));
    assert_int_equal(count, 0);
    ok(store_refresh_count(store, refresh.number, &counts));
    assert_true(counts.stages[REFRESH_WAITING] == 0 && counts.stages[REFRESH_DONE] == 1);
}

struct alerts {
    size_t count;
    struct alert_record list[4];
};

static void keep_alert(void *context, const struct alert_record *alert)
{
    struct alerts *alerts = context;
    alerts->list[alerts->count++] = *alert;
}

void store_alerts_are_kept_once_a_rule(struct store *store)
{
    struct alert_record alert = {.ueid = ueid_number(1), .rule = ALERT_FAULTS, .action = ALERT_NOTED, .last_s = 10,
                                 .sentence = "first"};
    struct alerts alerts = {0};
    struct decision_record decision = {.ueid = ueid_number(1), .code = 0x0605, .epoch = 3, .time_s = 50};
    uint64_t count = 0;
    ok(store_alert_add(store, &alert));
    alert.last_s = 30;
    alert.action = ALERT_REFRESH;
    memcpy(alert.sentence, "other", sizeof "other");
    ok(store_alert_add(store, &alert));
    alert.rule = ALERT_RIVAL;
    alert.last_s = 20;
    ok(store_alert_add(store, &alert));
    ok(store_alert_list(store, 4, keep_alert, &alerts));
    assert_int_equal(alerts.count, 2);
    assert_int_equal(alerts.list[0].rule, ALERT_FAULTS);
    assert_true(alerts.list[0].count == 2 && alerts.list[0].first_s == 10 && alerts.list[0].last_s == 30);
    assert_int_equal(alerts.list[0].action, ALERT_REFRESH);
    assert_string_equal(alerts.list[0].sentence, "other");

    ok(store_decision_add(store, &decision));
    ok(store_decision_add(store, &decision));
    ok(store_decision_count(store, &decision.ueid, 0x0605, 3, 49, &count));
    assert_int_equal(count, 2);
    ok(store_decision_count(store, &decision.ueid, 0x0605, 3, 50, &count));
    assert_int_equal(count, 0);
    ok(store_decision_count(store, &decision.ueid, 0x0605, 4, 0, &count));
    assert_int_equal(count, 0);
}
