#include "service/core/failures.h"

#include <stdio.h>
#include <string.h>

#include "crypto/sha256.h"
#include "service/decide/failure.h"

static struct error read_report(const struct checkin_request *request, const struct evidence *evidence,
                                struct failure_report *out)
{
    struct sha256_digest digest = sha256_of(request->failures);
    TRY(rule_report(evidence, &digest));
    return failure_report_parse(request->failures, out);
}

static void note(uint64_t count, struct decision_record *decision)
{
    size_t used = strlen(decision->detail);
    snprintf(decision->detail + used, sizeof decision->detail - used, "; %llu failures reported",
             (unsigned long long)count);
}

/* Whether the record is of the image that the evidence says is running, and of a compartment that was stopped. */
static bool is_of_running(const struct failure_record *record, const struct evidence *evidence)
{
    for (size_t index = 0; index < evidence->measurement_count && record->kind == FAULT_COMPARTMENT; index++) {
        const struct measurement *measurement = &evidence->measurements[index];
        if (measurement->component == record->component &&
            memcmp(measurement->digest.bytes, record->digest.bytes, sizeof record->digest.bytes) == 0) {
            return true;
        }
    }
    return false;
}

static struct error store_new(struct core *core, const struct evidence *evidence, const struct failure_report *report,
                              size_t first, uint64_t time_s, struct failure_log_state *state,
                              struct failure_news *news)
{
    for (size_t index = first; index < report->count; index++) {
        const struct failure_record *record = &report->records[index];
        uint64_t failures = failure_count(record);
        bool has_room = false;
        TRY(store_failure_add(core->store, &evidence->ueid, record, failures, time_s, &has_room));
        state->overflow += has_room ? 0 : failures;
        state->lost += record->lost;
        news->counts[0] += failures;
        if (is_of_running(record, evidence)) {
            news->counts[record->component] += failures;
        }
    }
    return ERROR_NONE;
}

struct error failures_take(struct core *core, const struct checkin_request *request, const struct evidence *evidence,
                           struct decision_record *decision, struct failure_news *news, struct failure_ack *ack)
{
    struct failure_report report;
    struct failure_log_state state;
    struct failure_output output;
    *ack = (struct failure_ack){0};
    *news = (struct failure_news){0};
    if (request->failures.size == 0) {
        return ERROR_NONE;
    }
    struct error error = read_report(request, evidence, &report);
    if (!error_is_none(error)) {
        core_refused(core, error);
        return ERROR_NONE;
    }
    TRY(store_failure_log_load(core->store, &evidence->ueid, &state));
    decide_failures(&report, &state.taken, &output);
    TRY(store_new(core, evidence, &report, output.first, decision->time_s, &state, news));
    *ack = output.ack;
    if (news->counts[0] == 0) {
        return ERROR_NONE;
    }
    note(news->counts[0], decision);
    state.taken = output.ack;
    /* In the transaction of the records: what is acknowledged is stored, and is not stored twice (T-17, T-31). */
    TRY(store_failure_log_save(core->store, &evidence->ueid, &state));
    return store_counter_add(core->store, "failures", news->counts[0]);
}
