#include "service/core/alerts.h"

#include <stdio.h>
#include <string.h>

#include "service/core/refresh.h"
#include "service/decide/alert.h"
#include "service/process/process.h"

static struct error count_rivals(struct core *core, const struct decide_input *input, uint64_t *out)
{
    uint64_t since_s = input->time_s > ALERT_RIVAL_WINDOW_S ? input->time_s - ALERT_RIVAL_WINDOW_S : 0;
    TRY(store_decision_count(core->store, &input->identity.ueid, ERROR_CODE_EVIDENCE_SEQUENCE, input->evidence.epoch,
                             since_s, out));
    ++*out;
    return ERROR_NONE;
}

static struct error refresh(struct core *core, const struct alert_record *alert)
{
    struct refresh_record refresh = {.state = REFRESH_RUNNING, .reason = REFRESH_BY_RULE, .started_s = alert->last_s};
    snprintf(refresh.text, sizeof refresh.text, "rule %s: %.150s", alert_rule_name(alert->rule), alert->sentence);
    return refresh_start_one(core, &refresh, &alert->ueid);
}

static struct error act(struct core *core, const struct alert_record *alert)
{
    if (alert->action == ALERT_QUARANTINE) {
        return revocations_quarantine(&core->revocations, core->store, &alert->ueid, true, alert->last_s);
    }
    return alert->action == ALERT_REFRESH ? refresh(core, alert) : ERROR_NONE;
}

static void describe(const struct alert_record *alert, struct decision_record *decision)
{
    size_t used = strlen(decision->detail);
    snprintf(decision->detail + used, sizeof decision->detail - used, "; rule %s: %s", alert_rule_name(alert->rule),
             alert_action_name(alert->action));
}

struct error alerts_take(struct core *core, const struct decide_input *input, struct decide_output *output)
{
    struct alert_record alert;
    struct alert_input question = {.policy = &core->alert_policy, .checkin = input, .decided = output};
    if (!output->is_authentic || input->record == NULL) {
        return ERROR_NONE;
    }
    if (alert_is_rival(input, output)) {
        TRY(count_rivals(core, input, &question.rival_count));
    }
    alert_decide(&question, &alert);
    if (alert.action == ALERT_IGNORED) {
        return ERROR_NONE;
    }
    char name[UEID_TEXT_SIZE_BYTES];
    ueid_to_text(&alert.ueid, name);
    process_log("device %s: rule %s: %s: %s", name, alert_rule_name(alert.rule), alert_action_name(alert.action),
                alert.sentence);
    describe(&alert, &output->decision);
    TRY(store_alert_add(core->store, &alert));
    return act(core, &alert);
}
