#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "service/decide/decide.h"

#define NOW_S 1800000000u
#define DAY_S 86400u

/* A check-in that every rule lets pass; each test changes one thing. */
struct scene {
    struct decide_input input;
    struct decide_policy policy;
    struct device_record record;
    struct voucher voucher;
    struct release_record releases[COMPONENT_COUNT];
    struct decide_output output;
};

static struct scene scene;

static void fill(uint8_t *out, size_t size_bytes, uint8_t first)
{
    for (size_t index = 0; index < size_bytes; index++) {
        out[index] = (uint8_t)(first + index);
    }
}

static void scene_measurements(void)
{
    struct evidence *evidence = &scene.input.evidence;
    evidence->measurement_count = COMPONENT_COUNT;
    for (size_t index = 0; index < COMPONENT_COUNT; index++) {
        struct measurement *measurement = &evidence->measurements[index];
        measurement->component = (enum component)(index + 1);
        measurement->sequence = 10 + (uint32_t)index;
        fill(measurement->digest.bytes, 32, (uint8_t)(0x20 + index));
        fill(measurement->authority.bytes, 32, (uint8_t)(0x60 + index));
        scene.releases[index] = (struct release_record){.component = measurement->component,
                                                        .sequence = measurement->sequence,
                                                        .digest = measurement->digest,
                                                        .authority = measurement->authority,
                                                        .version = "1.2.3"};
        scene.input.references[index] = &scene.releases[index];
    }
    scene.input.identity.monitor_digest = evidence->measurements[0].digest;
    scene.input.identity.monitor_sequence = evidence->measurements[0].sequence;
}

static int scene_make(void **state)
{
    (void)state;
    memset(&scene, 0, sizeof scene);
    struct decide_input *input = &scene.input;
    scene.policy = (struct decide_policy){.ticket_lifetime_s = 3600, .certificate_lifetime_s = DAY_S};
    fill(scene.policy.owner_root_digest.bytes, 32, 1);
    input->policy = &scene.policy;
    input->chain = ERROR_NONE;
    input->signature = ERROR_NONE;
    input->time_s = NOW_S;
    fill(input->identity.ueid.bytes, UEID_SIZE_BYTES, 2);
    memcpy(input->identity.batch, "B1", 3);
    fill(input->identity.attestation_key.bytes, 64, 3);
    input->identity.epoch = 4;
    input->signer = input->identity.attestation_key;
    input->evidence.ueid = input->identity.ueid;
    input->evidence.epoch = 4;
    input->evidence.boot_count = 7;
    input->evidence.sequence = 2;
    input->evidence.rehash_ok = true;
    input->evidence.mode = DEVICE_MODE_NORMAL;
    fill(input->evidence.operational_key.bytes, 64, 5);
    fill(input->evidence.challenge, 32, 6);
    fill(input->evidence.channel_binding, 32, 7);
    fill(input->evidence.ticket_nonce, 16, 8);
    fill(input->channel_binding, 32, 7);
    fill(input->evidence_digest.bytes, 32, 9);
    fill(input->random_challenge, 32, 0xA0);
    fill(input->random_serial, 16, 0xF0);
    scene_measurements();
    scene.voucher = (struct voucher){.generation = 1, .owner_root_digest = scene.policy.owner_root_digest,
                                     .is_batch = true, .batch = "B1"};
    input->voucher = &scene.voucher;
    scene.record = (struct device_record){.version = 5, .ueid = input->identity.ueid, .epoch = 4, .boot_count = 7,
                                          .sequence = 1, .challenge_origin = CHALLENGE_FROM_ANSWER,
                                          .operational_key = input->evidence.operational_key,
                                          .not_before_s = NOW_S - 60, .not_after_s = NOW_S + DAY_S,
                                          .first_seen_s = 1, .last_seen_s = 2, .last_accepted_s = 3};
    memcpy(scene.record.challenge, input->evidence.challenge, 32);
    input->record = &scene.record;
    return 0;
}

static void decide(void)
{
    decide_checkin(&scene.input, &scene.output);
}

static void ordinary_checkin_is_accepted(void **state)
{
    (void)state;
    decide();
    const struct decide_output *out = &scene.output;
    assert_string_equal(error_name(out->verdict), "NONE");
    assert_true(out->is_authentic);
    assert_true(out->save_record);
    assert_false(out->issue_certificate);
    assert_false(out->has_challenge);
    assert_int_equal(out->record.version, 5);
    assert_int_equal(out->record.sequence, 2);
    assert_int_equal(out->record.last_seen_s, NOW_S);
    assert_int_equal(out->record.last_accepted_s, NOW_S);
    assert_int_equal(out->record.first_seen_s, 1);
    assert_int_equal(out->record.challenge_origin, CHALLENGE_FROM_ANSWER);
    assert_memory_equal(out->record.challenge, scene.input.random_challenge, 32);
    assert_memory_equal(out->answer.next_challenge, scene.input.random_challenge, 32);
    assert_memory_equal(out->answer.ticket_nonce, scene.input.evidence.ticket_nonce, 16);
    assert_memory_equal(out->answer.evidence_digest.bytes, scene.input.evidence_digest.bytes, 32);
    assert_int_equal(out->answer.time_s, NOW_S);
    assert_int_equal(out->answer.ticket_lifetime_s, 3600);
    assert_int_equal(out->answer.order, ORDER_NONE);
    assert_int_equal(out->decision.code, ERROR_CODE_NONE);
    assert_string_equal(out->decision.detail, "monitor 10 (1.2.3), base 11 (1.2.3), app 12 (1.2.3)");
}

static void same_input_same_output(void **state)
{
    (void)state;
    decide();
    struct decide_output first = scene.output;
    decide();
    assert_memory_equal(&first, &scene.output, sizeof first);
}

/* What is changed, what is refused, and how far the evidence was proved. */
enum proved { UNPROVEN, AUTHENTIC, CURRENT };

struct refusal_case {
    const char *name;
    void (*change)(void);
    enum error_code code;
    enum proved proved;
};

static void untrusted_chain(void) { scene.input.chain = ERROR(IDENTITY, CHAIN); }
static void chain_needed(void) { scene.input.chain = ERROR(IDENTITY, CHAIN_NEEDED); }
static void bad_signature(void) { scene.input.signature = ERROR(CRYPTO, SIGNATURE); }
static void other_signer(void) { scene.input.signer.bytes[0] ^= 1; }
static void other_ueid(void) { scene.input.evidence.ueid.bytes[32] ^= 1; }
static void evidence_ahead_of_certificate(void) { scene.input.evidence.epoch = 5; }
static void evidence_behind_certificate(void) { scene.input.evidence.epoch = 3; }
static void debug_hidden(void) { scene.input.identity.debug = true; }
static void no_voucher(void) { scene.input.voucher = NULL; }
static void other_owner(void) { scene.voucher.owner_root_digest.bytes[0] ^= 1; }
static void other_batch(void) { memcpy(scene.voucher.batch, "B2", 3); }
static void no_batch(void) { scene.input.identity.batch[0] = '\0'; }
static void voucher_of_other_device(void)
{
    scene.voucher.is_batch = false;
    scene.voucher.ueid = scene.input.identity.ueid;
    scene.voucher.ueid.bytes[1] ^= 1;
}
static void epoch_left_behind(void) { scene.record.epoch = 5; }
static void same_sequence(void) { scene.record.sequence = 2; }
static void lower_sequence(void) { scene.record.sequence = 3; }
static void lower_boot_count(void)
{
    scene.record.boot_count = 8;
    scene.record.sequence = 0;
}
static void other_channel(void) { scene.input.channel_binding[31] ^= 1; }
static void first_contact(void) { scene.input.record = NULL; }
static void no_challenge_given(void) { scene.record.challenge_origin = CHALLENGE_NONE; }
static void zero_challenge_and_none_given(void)
{
    scene.record.challenge_origin = CHALLENGE_NONE;
    memset(scene.record.challenge, 0, 32);
    memset(scene.input.evidence.challenge, 0, 32);
}
static void other_challenge(void) { scene.input.evidence.challenge[0] ^= 1; }
static void monitor_not_released(void) { scene.input.references[0] = NULL; }
static void monitor_not_as_certified(void) { scene.input.identity.monitor_digest.bytes[0] ^= 1; }
static void monitor_of_other_sequence(void) { scene.input.identity.monitor_sequence++; }
static void monitor_by_other_authority(void) { scene.releases[0].authority.bytes[0] ^= 1; }
static void monitor_reference_of_other_component(void) { scene.releases[0].component = COMPONENT_BASE; }
static void no_monitor(void)
{
    struct evidence *evidence = &scene.input.evidence;
    memmove(&evidence->measurements[0], &evidence->measurements[1], 2 * sizeof evidence->measurements[0]);
    evidence->measurement_count = 2;
    scene.input.references[0] = &scene.releases[1];
    scene.input.references[1] = &scene.releases[2];
}
static void nothing_measured(void) { scene.input.evidence.measurement_count = 0; }
static void base_not_released(void) { scene.input.references[1] = NULL; }
static void base_of_other_digest(void) { scene.releases[1].digest.bytes[0] ^= 1; }
static void base_of_other_sequence(void) { scene.releases[1].sequence++; }
static void no_base(void) { scene.input.evidence.measurement_count = 1; }
static void app_not_released(void) { scene.input.references[2] = NULL; }
static void base_and_monitor_not_released(void)
{
    scene.input.references[0] = NULL;
    scene.input.references[1] = NULL;
}
static void two_bases(void)
{
    scene.input.evidence.measurements[2] = scene.input.evidence.measurements[1];
    scene.input.references[2] = scene.input.references[1];
}
static void strange_component(void) { scene.input.evidence.measurements[2].component = (enum component)9; }
static void debug_declared(void)
{
    scene.input.evidence.debug = true;
    scene.input.identity.debug = true;
}
static void altered(void) { scene.input.evidence.rehash_ok = false; }
static void quarantined(void) { scene.input.revoked.is_quarantined = true; }
static void quarantined_and_ordered(void) { scene.input.revoked = (struct revoked_state){9, REFRESH_BY_RULE, true}; }

#define REFUSAL(change, code, proved) {#change, change, ERROR_CODE_##code, proved}

static const struct refusal_case refusals[] = {
    REFUSAL(untrusted_chain, IDENTITY_CHAIN, UNPROVEN),
    REFUSAL(chain_needed, IDENTITY_CHAIN_NEEDED, UNPROVEN),
    REFUSAL(bad_signature, EVIDENCE_SIGNATURE, UNPROVEN),
    REFUSAL(other_signer, EVIDENCE_SIGNATURE, UNPROVEN),
    REFUSAL(other_ueid, EVIDENCE_UEID, AUTHENTIC),
    REFUSAL(evidence_ahead_of_certificate, EVIDENCE_EPOCH, AUTHENTIC),
    REFUSAL(evidence_behind_certificate, EVIDENCE_EPOCH, AUTHENTIC),
    REFUSAL(debug_hidden, IDENTITY_TCB_INFO, AUTHENTIC),
    REFUSAL(no_voucher, CHECKIN_UNOWNED, AUTHENTIC),
    REFUSAL(other_owner, CHECKIN_UNOWNED, AUTHENTIC),
    REFUSAL(other_batch, CHECKIN_UNOWNED, AUTHENTIC),
    REFUSAL(no_batch, CHECKIN_UNOWNED, AUTHENTIC),
    REFUSAL(voucher_of_other_device, CHECKIN_UNOWNED, AUTHENTIC),
    REFUSAL(epoch_left_behind, EVIDENCE_EPOCH, AUTHENTIC),
    REFUSAL(same_sequence, EVIDENCE_SEQUENCE, AUTHENTIC),
    REFUSAL(lower_sequence, EVIDENCE_SEQUENCE, AUTHENTIC),
    REFUSAL(lower_boot_count, EVIDENCE_SEQUENCE, AUTHENTIC),
    REFUSAL(other_channel, EVIDENCE_CHANNEL, AUTHENTIC),
    REFUSAL(first_contact, EVIDENCE_CHALLENGE, CURRENT),
    REFUSAL(no_challenge_given, EVIDENCE_CHALLENGE, CURRENT),
    REFUSAL(zero_challenge_and_none_given, EVIDENCE_CHALLENGE, CURRENT),
    REFUSAL(other_challenge, EVIDENCE_CHALLENGE, CURRENT),
    REFUSAL(monitor_not_released, CHECKIN_UNKNOWN_MONITOR, CURRENT),
    REFUSAL(monitor_not_as_certified, CHECKIN_UNKNOWN_MONITOR, CURRENT),
    REFUSAL(monitor_of_other_sequence, CHECKIN_UNKNOWN_MONITOR, CURRENT),
    REFUSAL(monitor_by_other_authority, CHECKIN_UNKNOWN_MONITOR, CURRENT),
    REFUSAL(monitor_reference_of_other_component, CHECKIN_UNKNOWN_MONITOR, CURRENT),
    REFUSAL(no_monitor, CHECKIN_UNKNOWN_MONITOR, CURRENT),
    REFUSAL(nothing_measured, CHECKIN_UNKNOWN_MONITOR, CURRENT),
    REFUSAL(base_not_released, CHECKIN_UNKNOWN_COMPONENT, CURRENT),
    REFUSAL(base_of_other_digest, CHECKIN_UNKNOWN_COMPONENT, CURRENT),
    REFUSAL(base_of_other_sequence, CHECKIN_UNKNOWN_COMPONENT, CURRENT),
    REFUSAL(no_base, CHECKIN_UNKNOWN_COMPONENT, CURRENT),
    REFUSAL(app_not_released, CHECKIN_UNKNOWN_COMPONENT, CURRENT),
    REFUSAL(base_and_monitor_not_released, CHECKIN_UNKNOWN_MONITOR, CURRENT),
    REFUSAL(two_bases, CHECKIN_UNKNOWN_COMPONENT, CURRENT),
    REFUSAL(strange_component, CHECKIN_UNKNOWN_COMPONENT, CURRENT),
    REFUSAL(debug_declared, CHECKIN_DEBUG, CURRENT),
    REFUSAL(altered, CHECKIN_ALTERED, CURRENT),
    REFUSAL(quarantined, CHECKIN_QUARANTINED, CURRENT),
    REFUSAL(quarantined_and_ordered, CHECKIN_QUARANTINED, CURRENT),
};

/* What a refusal may and may not do, by how far the evidence was proved. */
static void check_refusal(const struct refusal_case *refusal)
{
    const struct decide_output *out = &scene.output;
    struct error expected = {refusal->code};
    if (out->verdict.code != (uint32_t)refusal->code) {
        fail_msg("%s: %s instead of %s", refusal->name, error_name(out->verdict), error_name(expected));
    }
    assert_false(out->issue_certificate);
    assert_int_equal(out->answer.ticket_lifetime_s, 0);
    assert_int_equal(out->is_authentic, refusal->proved != UNPROVEN);
    assert_int_equal(out->has_challenge, refusal->proved == CURRENT);
    if (refusal->proved == UNPROVEN) {
        assert_false(out->save_record);
        return;
    }
    assert_int_equal(out->decision.code, refusal->code);
    if (refusal->proved == AUTHENTIC) {
        /* All that a copy of old evidence changes is what the list of devices shows. */
        struct device_record expected_record = scene.record;
        expected_record.last_code = (uint32_t)refusal->code;
        assert_true(out->save_record);
        assert_memory_equal(&out->record, &expected_record, sizeof expected_record);
        return;
    }
    assert_true(out->save_record);
    assert_int_equal(out->record.boot_count, 7);
    assert_int_equal(out->record.sequence, 2);
    assert_int_equal(out->record.challenge_origin, CHALLENGE_FROM_PROBLEM);
    assert_memory_equal(out->record.challenge, scene.input.random_challenge, 32);
    assert_memory_equal(out->challenge, scene.input.random_challenge, 32);
}

static void every_rule_refuses(void **state)
{
    for (size_t index = 0; index < sizeof refusals / sizeof refusals[0]; index++) {
        scene_make(state);
        refusals[index].change();
        decide();
        check_refusal(&refusals[index]);
    }
}

/* T-30: also for a device that runs what nobody knows, which is when it matters. */
static void device_below_its_lowest_epoch_gets_the_order_and_nothing_else(void **state)
{
    (void)state;
    base_and_monitor_not_released();
    scene.input.revoked = (struct revoked_state){.epoch_min = 6, .reason = REFRESH_BY_OPERATOR};
    decide();
    const struct decide_output *out = &scene.output;
    assert_true(error_is(out->verdict, ERROR_CODE_CHECKIN_REFRESH));
    assert_true(out->is_order && out->save_record && !out->issue_certificate && !out->has_challenge);
    assert_int_equal(out->answer.order, ORDER_REFRESH);
    assert_int_equal(out->answer.order_epoch, 6);
    assert_int_equal(out->answer.order_reason, REFRESH_BY_OPERATOR);
    assert_int_equal(out->answer.ticket_lifetime_s, 0);
    assert_memory_equal(out->answer.ticket_nonce, scene.input.evidence.ticket_nonce, 16);
    assert_int_equal(out->record.challenge_origin, CHALLENGE_FROM_ANSWER);
    assert_int_equal(out->record.epoch, 4);
    scene_make(state);
    scene.input.revoked.epoch_min = 4;
    decide();
    assert_true(error_is_none(scene.output.verdict));
    assert_int_equal(scene.output.answer.order, ORDER_NONE);
}

static void strangers_leave_nothing_behind(void **state)
{
    (void)state;
    scene.input.record = NULL;
    scene.input.voucher = NULL;
    decide();
    assert_true(error_is(scene.output.verdict, ERROR_CODE_CHECKIN_UNOWNED));
    assert_true(scene.output.is_authentic);
    assert_false(scene.output.save_record);
}

static void refused_evidence_is_used_up(void **state)
{
    (void)state;
    other_challenge();
    decide();
    struct device_record after = scene.output.record;
    scene.input.record = &after;
    decide();
    assert_true(error_is(scene.output.verdict, ERROR_CODE_EVIDENCE_SEQUENCE));
    assert_false(scene.output.has_challenge);
}

static void new_epoch_starts_the_order_anew_and_raises_the_floor(void **state)
{
    (void)state;
    scene.input.identity.epoch = 9;
    scene.input.evidence.epoch = 9;
    scene.record.boot_count = 1000;
    decide();
    assert_true(error_is_none(scene.output.verdict));
    assert_int_equal(scene.output.record.epoch, 9);
    assert_int_equal(scene.output.record.boot_count, 7);
    assert_true(scene.output.issue_certificate);
    /* Also when the evidence is then refused. */
    altered();
    decide();
    assert_false(error_is_none(scene.output.verdict));
    assert_int_equal(scene.output.record.epoch, 9);
}

static void order_is_by_boot_count_then_sequence(void **state)
{
    (void)state;
    scene.input.evidence.boot_count = 8;
    scene.input.evidence.sequence = 1;
    scene.record.sequence = 500;
    decide();
    assert_true(error_is_none(scene.output.verdict));
}

static void app_may_be_absent(void **state)
{
    (void)state;
    scene.input.evidence.measurement_count = 2;
    decide();
    assert_true(error_is_none(scene.output.verdict));
}

static void voucher_of_the_device_itself_counts(void **state)
{
    (void)state;
    scene.voucher.is_batch = false;
    scene.voucher.ueid = scene.input.identity.ueid;
    decide();
    assert_true(error_is_none(scene.output.verdict));
}

static void other_key(void) { scene.input.evidence.operational_key.bytes[0] ^= 1; }
static void none_yet(void) { scene.record.not_after_s = 0; }
static void half_gone(void)
{
    scene.record.not_before_s = NOW_S - DAY_S / 2 - 61;
    scene.record.not_after_s = NOW_S + DAY_S / 2 - 61;
}
static void run_out(void)
{
    scene.record.not_before_s = NOW_S - 2 * DAY_S;
    scene.record.not_after_s = NOW_S - DAY_S;
}
static void challenge_came_in_a_problem(void) { scene.record.challenge_origin = CHALLENGE_FROM_PROBLEM; }

static void certificate_is_issued_when_needed(void **state)
{
    void (*const changes[])(void) = {other_key, none_yet, half_gone, run_out, challenge_came_in_a_problem};
    for (size_t index = 0; index < sizeof changes / sizeof changes[0]; index++) {
        scene_make(state);
        changes[index]();
        decide();
        const struct decide_output *out = &scene.output;
        assert_true(error_is_none(out->verdict));
        assert_true(out->issue_certificate);
        assert_int_equal(out->record.not_after_s, NOW_S + DAY_S);
        assert_true(out->record.not_before_s < NOW_S);
        assert_memory_equal(out->record.operational_key.bytes, scene.input.evidence.operational_key.bytes, 64);
        assert_int_equal(out->record.serial[0], 0x70);
        assert_memory_equal(out->record.serial + 1, scene.input.random_serial + 1, 15);
        assert_non_null(strstr(out->decision.detail, "new operational certificate"));
    }
}

static void certificate_with_half_its_life_is_kept(void **state)
{
    (void)state;
    scene.record.not_before_s = NOW_S - DAY_S / 2;
    scene.record.not_after_s = NOW_S + DAY_S / 2;
    decide();
    assert_false(scene.output.issue_certificate);
    assert_int_equal(scene.output.record.not_after_s, NOW_S + DAY_S / 2);
}

static void unknown_code_is_described_by_its_digest(void **state)
{
    (void)state;
    monitor_not_released();
    decide();
    assert_non_null(strstr(scene.output.decision.detail, "monitor 10 (unknown, 2021222324252627)"));
}

#define TEST(name) cmocka_unit_test_setup(name, scene_make)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(ordinary_checkin_is_accepted),
        TEST(same_input_same_output),
        TEST(every_rule_refuses),
        TEST(device_below_its_lowest_epoch_gets_the_order_and_nothing_else),
        TEST(strangers_leave_nothing_behind),
        TEST(refused_evidence_is_used_up),
        TEST(new_epoch_starts_the_order_anew_and_raises_the_floor),
        TEST(order_is_by_boot_count_then_sequence),
        TEST(app_may_be_absent),
        TEST(voucher_of_the_device_itself_counts),
        TEST(certificate_is_issued_when_needed),
        TEST(certificate_with_half_its_life_is_kept),
        TEST(unknown_code_is_described_by_its_digest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
