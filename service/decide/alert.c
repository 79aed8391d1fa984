#include "service/decide/alert.h"

#include <stdio.h>
#include <string.h>

#include "service/decide/rules.h"

bool alert_is_rival(const struct decide_input *checkin, const struct decide_output *decided)
{
    return decided->is_authentic && error_is(decided->verdict, ERROR_CODE_EVIDENCE_SEQUENCE) &&
           error_is_none(rule_channel(checkin));
}

/* Counts begin anew with each boot, so only what came since the last evidence of the same boot is new. */
static uint64_t new_faults(const struct alert_input *input, int first_kind, int last_kind)
{
    const struct evidence *evidence = &input->checkin->evidence;
    const struct device_record *before = input->checkin->record;
    bool is_same_boot = before != NULL && before->boot_count == evidence->boot_count && before->epoch == evidence->epoch;
    uint64_t count = 0;
    for (int kind = first_kind; kind <= last_kind; kind++) {
        uint32_t known = is_same_boot ? before->fault_counts[kind] : 0;
        count += evidence->fault_counts[kind] > known ? evidence->fault_counts[kind] - known : 0;
    }
    return count;
}

/* Only what was proved to be current counts for these: a copy of old evidence must not set anything off. */
static uint64_t measure(const struct alert_input *input, enum alert_rule rule)
{
    const struct error verdict = input->decided->verdict;
    bool is_accepted = error_is_none(verdict);
    switch (rule) {
    case ALERT_ALTERED:
        return error_is(verdict, ERROR_CODE_CHECKIN_ALTERED) ? 1 : 0;
    case ALERT_UNKNOWN_CODE:
        return error_is(verdict, ERROR_CODE_CHECKIN_UNKNOWN_MONITOR) ||
                       error_is(verdict, ERROR_CODE_CHECKIN_UNKNOWN_COMPONENT)
                   ? 1
                   : 0;
    case ALERT_UNDECLARED_USE:
        return is_accepted ? new_faults(input, FAULT_UNDECLARED, FAULT_UNDECLARED) : 0;
    case ALERT_FAULTS:
        return is_accepted ? new_faults(input, 1, FAULT_UNDECLARED - 1) : 0;
    case ALERT_RIVAL:
        return alert_is_rival(input->checkin, input->decided) ? input->rival_count : 0;
    }
    return 0;
}

/* A refresh has made new keys for whoever could derive them. If there are two again in that epoch, both have the UDS. */
static bool is_cloned(const struct alert_input *input, enum alert_rule rule)
{
    const struct revoked_state *revoked = &input->checkin->revoked;
    return rule == ALERT_RIVAL && revoked->reason == REFRESH_BY_RULE &&
           input->checkin->evidence.epoch >= revoked->epoch_min;
}

static void describe(enum alert_rule rule, uint64_t count, bool cloned, char out[ALERT_SENTENCE_SIZE_BYTES_MAX + 1])
{
    static const char *const sentences[ALERT_RULE_COUNT + 1] = {
        NULL,
        "the monitor found code in memory that differs from what it had verified",
        "the device runs what is no known release",
        "compartments tried what they had not declared",
        "faults were counted",
        "genuine evidence came that is behind what the device has proved already: a copy of it, or its boot record is lost",
    };
    snprintf(out, ALERT_SENTENCE_SIZE_BYTES_MAX + 1, "%s (%llu)", cloned
             ? "two devices have the same secret: this came again after a refresh for the same reason" : sentences[rule],
             (unsigned long long)count);
}

void alert_decide(const struct alert_input *input, struct alert_record *out)
{
    *out = (struct alert_record){.action = ALERT_IGNORED};
    for (int rule = 1; rule <= ALERT_RULE_COUNT; rule++) {
        const struct alert_setting *setting = &input->policy->rules[rule];
        uint64_t count = measure(input, (enum alert_rule)rule);
        if (count == 0 || count < setting->threshold || setting->action <= out->action) {
            continue;
        }
        bool cloned = is_cloned(input, (enum alert_rule)rule) && setting->action == ALERT_REFRESH;
        *out = (struct alert_record){
            .last_s = input->checkin->time_s,
            .ueid = input->checkin->identity.ueid,
            .rule = (enum alert_rule)rule,
            .action = cloned ? ALERT_QUARANTINE : setting->action,
        };
        describe((enum alert_rule)rule, count, cloned, out->sentence);
    }
}
