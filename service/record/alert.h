/* Shapes of rules over evidence and of what they lead to. Data only. */
#ifndef SERVICE_RECORD_ALERT_H
#define SERVICE_RECORD_ALERT_H

#include <stdbool.h>

#include "formats/identity/identity.h"

/* Values are stored. */
enum alert_rule {
    ALERT_ALTERED = 1,        /* the monitor found code in memory that differs from what it had verified */
    ALERT_UNKNOWN_CODE = 2,   /* a measurement that is no known release */
    ALERT_UNDECLARED_USE = 3, /* compartments tried what they had not declared */
    ALERT_FAULTS = 4,         /* faults of any kind */
    ALERT_RIVAL = 5,          /* genuine evidence of this device that lags behind what it has proved already */
};
#define ALERT_RULE_COUNT 5

/* What a rule leads to; each does what those before it do. Values are stored. */
enum alert_action {
    ALERT_IGNORED = 0,
    ALERT_NOTED = 1,
    ALERT_REFRESH = 2,
    ALERT_QUARANTINE = 3,
};

struct alert_setting {
    enum alert_action action;
    uint32_t threshold; /* fires from this number on */
};

/* By enum alert_rule; [0] is unused. */
struct alert_policy {
    struct alert_setting rules[ALERT_RULE_COUNT + 1];
};

/* false: there is no rule, or no action, of this name. */
bool alert_rule_named(const char *name, enum alert_rule *out);
bool alert_action_named(const char *name, enum alert_action *out);
const char *alert_rule_name(enum alert_rule rule);
const char *alert_action_name(enum alert_action action);
/* What is used where the configuration says nothing. */
struct alert_policy alert_policy_default(void);

#define ALERT_SENTENCE_SIZE_BYTES_MAX 200

/* One for each device and rule: the latest firing, and since when and how often the rule has fired. */
struct alert_record {
    struct ueid ueid;
    enum alert_rule rule;
    enum alert_action action;
    uint64_t first_s; /* the store's, as count is */
    uint64_t last_s;
    uint64_t count;
    char sentence[ALERT_SENTENCE_SIZE_BYTES_MAX + 1];
};

#endif
