#include "service/record/alert.h"

#include <string.h>

static const char *const rule_names[ALERT_RULE_COUNT + 1] = {NULL, "altered", "unknown-code", "undeclared-use", "faults",
                                                             "rival"};
static const char *const action_names[] = {"ignore", "alert", "refresh", "quarantine"};

bool alert_rule_named(const char *name, enum alert_rule *out)
{
    for (int rule = 1; rule <= ALERT_RULE_COUNT; rule++) {
        if (strcmp(name, rule_names[rule]) == 0) {
            *out = (enum alert_rule)rule;
            return true;
        }
    }
    return false;
}

bool alert_action_named(const char *name, enum alert_action *out)
{
    for (int action = ALERT_IGNORED; action <= ALERT_QUARANTINE; action++) {
        if (strcmp(name, action_names[action]) == 0) {
            *out = (enum alert_action)action;
            return true;
        }
    }
    return false;
}

const char *alert_rule_name(enum alert_rule rule)
{
    return rule_names[rule];
}

const char *alert_action_name(enum alert_action action)
{
    return action_names[action];
}

struct alert_policy alert_policy_default(void)
{
    return (struct alert_policy){.rules = {
        [ALERT_ALTERED] = {ALERT_REFRESH, 1},
        [ALERT_UNKNOWN_CODE] = {ALERT_NOTED, 1},
        [ALERT_UNDECLARED_USE] = {ALERT_NOTED, 20},
        [ALERT_FAULTS] = {ALERT_NOTED, 10},
        [ALERT_RIVAL] = {ALERT_REFRESH, 3},
    }};
}
