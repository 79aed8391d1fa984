#include "service/decide/decide.h"

#include <stdio.h>
#include <string.h>

#include "service/decide/rules.h"

/* A broker's clock may be a little behind ours. */
#define CERTIFICATE_BACKDATE_S 60

enum stage {
    STAGE_UNPROVEN,  /* anybody can send this */
    STAGE_AUTHENTIC, /* the device's own evidence, but perhaps an old or a diverted copy of it */
    STAGE_CURRENT,   /* new, and for this connection */
};

/* Runs the rules in order up to the first refusal and says how much was established before it. */
static struct error rules_run(const struct decide_input *input, enum stage *stage)
{
    *stage = STAGE_UNPROVEN;
    TRY(rule_chain(input));
    TRY(rule_signature(input));
    *stage = STAGE_AUTHENTIC;
    TRY(rule_subject(input));
    TRY(rule_voucher(input));
    TRY(rule_epoch(input));
    TRY(rule_sequence(input));
    TRY(rule_channel(input));
    *stage = STAGE_CURRENT;
    TRY(rule_challenge(input));
    TRY(rule_revoked(input));
    TRY(rule_reference(input));
    return rule_state(input);
}

static void record_start(const struct decide_input *input, struct device_record *record)
{
    if (input->record != NULL) {
        *record = *input->record;
        return;
    }
    *record = (struct device_record){.ueid = input->identity.ueid, .first_seen_s = input->time_s};
}

/* What current evidence teaches, whatever the verdict: it can only be used once, and raises the epoch's floor. */
static void record_take_evidence(const struct decide_input *input, struct device_record *record)
{
    const struct evidence *evidence = &input->evidence;
    memcpy(record->batch, input->identity.batch, sizeof record->batch);
    record->attestation_key = input->identity.attestation_key;
    record->monitor_digest = input->identity.monitor_digest;
    record->monitor_sequence = input->identity.monitor_sequence;
    record->attestation_epoch = input->identity.epoch;
    record->debug = input->identity.debug;
    record->epoch = input->identity.epoch > record->epoch ? input->identity.epoch : record->epoch;
    record->boot_count = evidence->boot_count;
    record->sequence = evidence->sequence;
    record->last_seen_s = input->time_s;
    record->uptime_s = evidence->uptime_s;
    record->mode = evidence->mode;
    memcpy(record->fault_counts, evidence->fault_counts, sizeof record->fault_counts);
    record->measurement_count = evidence->measurement_count;
    memcpy(record->measurements, evidence->measurements, sizeof record->measurements);
    if (input->endpoint_count > 0) {
        record->endpoint_count = input->endpoint_count;
        memcpy(record->endpoints, input->endpoints, input->endpoint_count * sizeof *input->endpoints);
    }
    if (input->generations != NULL) {
        record->generations = *input->generations;
    }
    memcpy(record->challenge, input->random_challenge, sizeof record->challenge);
}

/* A device proves that it has the last answer, and the certificate in it, by answering the challenge in it. One that
 * asked for a challenge has restarted or lost the answer, and gets a certificate again. */
static bool certificate_is_needed(const struct decide_input *input)
{
    const struct device_record *record = input->record;
    if (record == NULL || record->not_after_s == 0 || record->challenge_origin != CHALLENGE_FROM_ANSWER ||
        record->epoch != input->evidence.epoch ||
        memcmp(record->operational_key.bytes, input->evidence.operational_key.bytes,
               sizeof record->operational_key.bytes) != 0) {
        return true;
    }
    uint64_t left_s = record->not_after_s > input->time_s ? record->not_after_s - input->time_s : 0;
    return left_s < (record->not_after_s - record->not_before_s) / 2;
}

static void answer(const struct decide_input *input, struct decide_output *out, uint32_t ticket_lifetime_s)
{
    out->record.challenge_origin = CHALLENGE_FROM_ANSWER;
    out->answer = (struct answer){
        .evidence_digest = input->evidence_digest,
        .time_s = input->time_s,
        .ticket_lifetime_s = ticket_lifetime_s,
        .order = ORDER_NONE,
    };
    memcpy(out->answer.ticket_nonce, input->evidence.ticket_nonce, sizeof out->answer.ticket_nonce);
    memcpy(out->answer.next_challenge, input->random_challenge, sizeof out->answer.next_challenge);
}

static void accept(const struct decide_input *input, struct decide_output *out)
{
    struct device_record *record = &out->record;
    out->issue_certificate = certificate_is_needed(input);
    if (out->issue_certificate) {
        record->operational_key = input->evidence.operational_key;
        memcpy(record->serial, input->random_serial, sizeof record->serial);
        record->serial[0] &= 0x7F; /* a positive DER integer of at most 16 bytes */
        record->not_before_s = input->time_s - CERTIFICATE_BACKDATE_S;
        record->not_after_s = input->time_s + input->policy->certificate_lifetime_s;
    }
    record->last_accepted_s = input->time_s;
    answer(input, out, input->policy->ticket_lifetime_s);
}

/* The lowest epoch that counts for this device: ordered, or proved. */
static uint32_t epoch_wanted(const struct decide_input *input)
{
    uint32_t proved = input->record == NULL ? 0 : input->record->epoch;
    return input->revoked.epoch_min > proved ? input->revoked.epoch_min : proved;
}

/* The order and nothing else: a ticket that has run out, no certificate, and the caller adds no offer. */
static void order_refresh(const struct decide_input *input, struct decide_output *out)
{
    out->is_order = true;
    answer(input, out, 0);
    out->answer.order = ORDER_REFRESH;
    out->answer.order_epoch = epoch_wanted(input);
    out->answer.order_reason = input->revoked.reason;
}

/* Genuine evidence over this very connection that is behind: of an epoch that was left, or of a copy that boots less
 * often, while another epoch is wanted. There is nothing it could be told but to come to that epoch, and nothing it could
 * gain from hearing it; without it, whichever of two copies is slower would never hear of a refresh. */
static bool lags_behind(const struct decide_input *input, struct error verdict)
{
    bool is_behind = error_is(verdict, ERROR_CODE_EVIDENCE_EPOCH) || error_is(verdict, ERROR_CODE_EVIDENCE_SEQUENCE);
    return is_behind && input->evidence.epoch == input->identity.epoch && input->identity.epoch < epoch_wanted(input) &&
           !input->revoked.is_quarantined && error_is_none(rule_channel(input));
}

/* What runs on the device, for people: "monitor 3 (1.2.0), base 5 (unknown, 0123456789abcdef)". */
static void describe(const struct decide_input *input, const struct decide_output *out, char *text, size_t capacity)
{
    size_t used = 0;
    for (size_t index = 0; index < input->evidence.measurement_count && used < capacity; index++) {
        const struct measurement *measurement = &input->evidence.measurements[index];
        const struct release_record *reference = input->references[index];
        const char *name = component_name(measurement->component);
        char what[48];
        if (reference != NULL) {
            snprintf(what, sizeof what, "%s", reference->version);
        } else {
            const uint8_t *digest = measurement->digest.bytes;
            snprintf(what, sizeof what, "unknown, %02x%02x%02x%02x%02x%02x%02x%02x", digest[0], digest[1], digest[2],
                     digest[3], digest[4], digest[5], digest[6], digest[7]);
        }
        int size = snprintf(text + used, capacity - used, "%s%s %u (%s)", index == 0 ? "" : ", ",
                            name == NULL ? "component" : name, (unsigned int)measurement->sequence, what);
        used += size > 0 ? (size_t)size : 0;
    }
    if (out->issue_certificate && used < capacity) {
        snprintf(text + used, capacity - used, "; new operational certificate");
    }
}

static void decision_fill(const struct decide_input *input, struct decide_output *out)
{
    out->decision = (struct decision_record){
        .ueid = input->identity.ueid,
        .time_s = input->time_s,
        .code = out->verdict.code,
        .epoch = input->evidence.epoch,
        .boot_count = input->evidence.boot_count,
        .sequence = input->evidence.sequence,
        .evidence_digest = input->evidence_digest,
    };
    describe(input, out, out->decision.detail, sizeof out->decision.detail);
}

void decide_checkin(const struct decide_input *input, struct decide_output *out)
{
    enum stage stage;
    *out = (struct decide_output){.verdict = rules_run(input, &stage)};
    out->is_authentic = stage != STAGE_UNPROVEN;
    if (!out->is_authentic) {
        return;
    }
    record_start(input, &out->record);
    out->record.last_code = out->verdict.code;
    if (stage == STAGE_AUTHENTIC) {
        if (lags_behind(input, out->verdict)) {
            order_refresh(input, out);
            record_start(input, &out->record);
            out->record.last_code = out->verdict.code;
        }
        /* A copy of old evidence must not change what is expected of the device next. */
        out->save_record = input->record != NULL;
    } else {
        out->save_record = true;
        record_take_evidence(input, &out->record);
        if (error_is_none(out->verdict)) {
            accept(input, out);
        } else if (error_is(out->verdict, ERROR_CODE_CHECKIN_REFRESH)) {
            order_refresh(input, out);
        } else {
            out->record.challenge_origin = CHALLENGE_FROM_PROBLEM;
            out->has_challenge = true;
            memcpy(out->challenge, input->random_challenge, sizeof out->challenge);
        }
    }
    decision_fill(input, out);
}
