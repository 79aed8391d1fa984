#include "service/config/config.h"

#include <jansson.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TICKET_LIFETIME_DEFAULT_S 3600
#define CERTIFICATE_LIFETIME_DEFAULT_S 86400
#define LIFETIME_MAX_S (30 * 86400)
#define CONNECTION_COUNT_DEFAULT 2000
#define CONNECTION_COUNT_LIMIT 60000
#define REQUEST_RATE_DEFAULT 100
#define REQUEST_RATE_LIMIT 1000000

/* What Jansson reads out of the file; strings are borrowed from the document. */
struct raw_listen {
    const char *address, *certificate, *key;
    json_int_t port, connections, rate;
};

struct raw {
    const char *run_dir, *database, *images_dir, *symbols_dir, *revocations;
    struct raw_listen edge, door;
    const char *operator_ca;
    const char *control_key, *control_keyset, *app_keyset, *owner_certificate, *ca_certificate, *ca_key;
    const char *edge_user, *door_user, *core_user;
    json_int_t edge_workers, ticket_lifetime_s, certificate_lifetime_s;
    json_t *rules; /* borrowed */
};

/* The state of one conversion: the first failure stays. */
struct conversion {
    char folder[PATH_MAX];
    bool ok;
    char *message;
    size_t message_capacity;
};

static void take_path(struct conversion *conversion, const char *name, const char *value, char *out)
{
    int size = value[0] == '/' ? snprintf(out, CONFIG_PATH_SIZE_BYTES, "%s", value)
                               : snprintf(out, CONFIG_PATH_SIZE_BYTES, "%s/%s", conversion->folder, value);
    if (conversion->ok && (value[0] == '\0' || size < 0 || size >= CONFIG_PATH_SIZE_BYTES)) {
        snprintf(conversion->message, conversion->message_capacity, "%s is empty or longer than %d bytes", name,
                 CONFIG_PATH_SIZE_BYTES - 1);
        conversion->ok = false;
    }
}

static void take_name(struct conversion *conversion, const char *name, const char *value, char *out)
{
    int size = snprintf(out, CONFIG_NAME_SIZE_BYTES, "%s", value);
    if (conversion->ok && (size < 0 || size >= CONFIG_NAME_SIZE_BYTES)) {
        snprintf(conversion->message, conversion->message_capacity, "%s is longer than %d bytes", name,
                 CONFIG_NAME_SIZE_BYTES - 1);
        conversion->ok = false;
    }
}

static uint32_t take_number(struct conversion *conversion, const char *name, json_int_t value, json_int_t min,
                            json_int_t max)
{
    if (conversion->ok && (value < min || value > max)) {
        snprintf(conversion->message, conversion->message_capacity, "%s must be from %lld to %lld", name,
                 (long long)min, (long long)max);
        conversion->ok = false;
    }
    return (uint32_t)value;
}

static void take_listen(struct conversion *conversion, const char *section, const struct raw_listen *raw,
                        struct config_listen *out)
{
    char name[CONFIG_NAME_SIZE_BYTES];
    snprintf(name, sizeof name, "%s.address", section);
    take_name(conversion, name, raw->address, out->address);
    snprintf(name, sizeof name, "%s.port", section);
    out->port = (uint16_t)take_number(conversion, name, raw->port, 0, 65535);
    snprintf(name, sizeof name, "%s.certificate", section);
    take_path(conversion, name, raw->certificate, out->certificate);
    snprintf(name, sizeof name, "%s.key", section);
    take_path(conversion, name, raw->key, out->key);
    snprintf(name, sizeof name, "%s.connections", section);
    out->connection_count_max = take_number(conversion, name, raw->connections, 1, CONNECTION_COUNT_LIMIT);
    snprintf(name, sizeof name, "%s.rate", section);
    out->request_rate_max = take_number(conversion, name, raw->rate, 1, REQUEST_RATE_LIMIT);
}

static bool unpack(json_t *document, struct raw *raw, char *message, size_t message_capacity)
{
    json_error_t error;
    int result = json_unpack_ex(
        document, &error, JSON_STRICT,
        "{s:s, s:s, s?s, s?s, s?s,"
        " s:{s:s, s:I, s:s, s:s, s?I, s?I, s?I},"
        " s:{s:s, s:I, s:s, s:s, s:s, s?I, s?I},"
        " s:{s:s, s:s, s:s, s:s, s:s, s:s, s?I, s?I},"
        " s?{s?s, s?s, s?s}, s?o}",
        "run_dir", &raw->run_dir, "database", &raw->database, "images_dir", &raw->images_dir,
        "symbols_dir", &raw->symbols_dir, "revocations", &raw->revocations,
        "edge", "address", &raw->edge.address, "port", &raw->edge.port, "certificate", &raw->edge.certificate,
        "key", &raw->edge.key, "workers", &raw->edge_workers, "connections", &raw->edge.connections,
        "rate", &raw->edge.rate,
        "door", "address", &raw->door.address, "port", &raw->door.port, "certificate", &raw->door.certificate,
        "key", &raw->door.key, "operator_ca", &raw->operator_ca, "connections", &raw->door.connections,
        "rate", &raw->door.rate,
        "core", "control_key", &raw->control_key, "control_keyset", &raw->control_keyset,
        "app_keyset", &raw->app_keyset, "owner_certificate", &raw->owner_certificate,
        "ca_certificate", &raw->ca_certificate, "ca_key", &raw->ca_key,
        "ticket_lifetime_s", &raw->ticket_lifetime_s, "certificate_lifetime_s", &raw->certificate_lifetime_s,
        "users", "edge", &raw->edge_user, "door", &raw->door_user, "core", &raw->core_user,
        "rules", &raw->rules);
    if (result != 0) {
        snprintf(message, message_capacity, "%s", error.text);
    }
    return result == 0;
}

/* {"altered": {"action": "refresh", "threshold": 1}, ...} */
static void take_rules(struct conversion *conversion, json_t *rules, struct config *out)
{
    const char *name;
    json_t *rule;
    json_object_foreach(rules, name, rule)
    {
        const char *action = "";
        json_int_t threshold = 0;
        if (out->rule_count == CONFIG_RULE_COUNT_MAX ||
            json_unpack_ex(rule, NULL, JSON_STRICT, "{s:s, s?I}", "action", &action, "threshold", &threshold) != 0) {
            snprintf(conversion->message, conversion->message_capacity,
                     "rules.%.40s is not {\"action\": NAME, \"threshold\": N}, or there are too many", name);
            conversion->ok = false;
            return;
        }
        struct config_rule *to = &out->rules[out->rule_count++];
        take_name(conversion, "a rule", name, to->rule);
        take_name(conversion, "rules' action", action, to->action);
        to->threshold = take_number(conversion, "rules' threshold", threshold, 0, 1000000);
    }
}

static void convert(struct conversion *conversion, const struct raw *raw, struct config *out)
{
    take_path(conversion, "run_dir", raw->run_dir, out->run_dir);
    take_path(conversion, "database", raw->database, out->database);
    take_path(conversion, "images_dir", raw->images_dir, out->images_dir);
    take_path(conversion, "symbols_dir", raw->symbols_dir, out->symbols_dir);
    take_path(conversion, "revocations", raw->revocations, out->revocations);
    take_listen(conversion, "edge", &raw->edge, &out->edge);
    out->edge_worker_count =
        take_number(conversion, "edge.workers", raw->edge_workers, 1, CONFIG_EDGE_WORKER_COUNT_MAX);
    take_listen(conversion, "door", &raw->door, &out->door);
    take_path(conversion, "door.operator_ca", raw->operator_ca, out->operator_ca);
    take_path(conversion, "core.control_key", raw->control_key, out->control_key);
    take_path(conversion, "core.control_keyset", raw->control_keyset, out->control_keyset);
    take_path(conversion, "core.app_keyset", raw->app_keyset, out->app_keyset);
    take_path(conversion, "core.owner_certificate", raw->owner_certificate, out->owner_certificate);
    take_path(conversion, "core.ca_certificate", raw->ca_certificate, out->ca_certificate);
    take_path(conversion, "core.ca_key", raw->ca_key, out->ca_key);
    out->ticket_lifetime_s =
        take_number(conversion, "core.ticket_lifetime_s", raw->ticket_lifetime_s, 1, LIFETIME_MAX_S);
    out->certificate_lifetime_s =
        take_number(conversion, "core.certificate_lifetime_s", raw->certificate_lifetime_s, 60, LIFETIME_MAX_S);
    take_rules(conversion, raw->rules, out);
    take_name(conversion, "users.edge", raw->edge_user, out->edge_user);
    take_name(conversion, "users.door", raw->door_user, out->door_user);
    take_name(conversion, "users.core", raw->core_user, out->core_user);
}

bool config_load(const char *path, struct config *out, char *message, size_t message_capacity)
{
    struct conversion conversion = {.ok = true, .message = message, .message_capacity = message_capacity};
    char resolved[PATH_MAX];
    if (realpath(path, resolved) == NULL) {
        snprintf(message, message_capacity, "there is no such file");
        return false;
    }
    snprintf(conversion.folder, sizeof conversion.folder, "%s", dirname(resolved));
    json_error_t error;
    json_t *document = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
    if (document == NULL) {
        snprintf(message, message_capacity, "line %d: %s", error.line, error.text);
        return false;
    }
    struct raw raw = {
        .images_dir = "images",
        .symbols_dir = "symbols",
        .revocations = "revocations",
        .edge = {.connections = CONNECTION_COUNT_DEFAULT, .rate = REQUEST_RATE_DEFAULT},
        .door = {.connections = CONNECTION_COUNT_DEFAULT, .rate = REQUEST_RATE_DEFAULT},
        .edge_workers = 1,
        .edge_user = "",
        .door_user = "",
        .core_user = "",
        .ticket_lifetime_s = TICKET_LIFETIME_DEFAULT_S,
        .certificate_lifetime_s = CERTIFICATE_LIFETIME_DEFAULT_S,
    };
    struct config config = {0};
    bool ok = unpack(document, &raw, message, message_capacity);
    if (ok) {
        convert(&conversion, &raw, &config);
        ok = conversion.ok;
    }
    json_decref(document);
    if (ok) {
        *out = config;
    }
    return ok;
}
