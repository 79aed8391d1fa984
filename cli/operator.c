/* People who may use the service's door, and the state of the service. */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "cli/broker.h"
#include "cli/commands.h"
#include "cli/door.h"
#include "cli/owner.h"
#include "cli/text.h"

#define PEM_SIZE_BYTES_MAX 16384

static bool is_role(const char *role)
{
    static const char *const roles[] = {"viewer", "operator", "releaser", "admin"};
    for (size_t index = 0; index < sizeof roles / sizeof roles[0]; index++) {
        if (strcmp(role, roles[index]) == 0) {
            return true;
        }
    }
    return false;
}

static struct outcome register_operator(const struct invocation *invocation, const char *name, const char *role,
                                        const char *certificate_path, json_t **reply)
{
    struct buffer certificate = {NULL, 0, 0};
    PROCEED(file_read(certificate_path, PEM_SIZE_BYTES_MAX, &certificate));
    json_t *body = json_pack("{s:s, s:s, s:s}", "name", name, "role", role, "certificate",
                             (const char *)certificate.data);
    file_forget(&certificate);
    return door_request(&invocation->workspace, "/v1/operators", body, reply);
}

static struct outcome run_operator_add(const struct invocation *invocation)
{
    const char *name = invocation->positionals[0];
    const char *role = invocation_option(invocation, "--role");
    struct file_path certificate = workspace_path(&invocation->workspace, "operators/%s.crt", name);
    json_t *reply = NULL;
    bool made = false;
    if (!text_is_name(name)) {
        return outcome_usage("'%s' cannot be the name of an operator: " TEXT_NAME_RULE, name);
    }
    if (!is_role(role)) {
        return outcome_usage("--role is viewer, operator, releaser or admin, not '%s'", role);
    }
    if (!file_exists(workspace_path(&invocation->workspace, "owner/operator-ca.key").text)) {
        return outcome_refused("there is no owner in %s; make it with 'sopris up'",
                               invocation->workspace.folder.text);
    }
    PROCEED(owner_make_operator(&invocation->workspace, name, &made));
    PROCEED(register_operator(invocation, name, role, certificate.text, &reply));
    PROCEED(broker_write_access(&invocation->workspace));
    if (invocation->format == OUTPUT_JSON) {
        output_record(OUTPUT_JSON, reply);
    } else {
        printf("registered '%s' as %s; %s %s and its key\n"
               "next: 'SOPRIS_OPERATOR=%s sopris device list'; a running broker learns of it by SIGHUP\n",
               name, role, made ? "made" : "found", certificate.text, name);
    }
    json_decref(reply);
    return OUTCOME_OK;
}

const struct command operator_add_command = {
    .group = "operator",
    .name = "add",
    .arguments = "NAME",
    .summary = "make an operator and register it",
    .help = "Makes a key and a certificate for an operator in operators/ and registers the certificate with a role:\n"
            "viewer looks, operator also adds vouchers, releaser also adds releases, admin does everything. There are\n"
            "no passwords. Needs the role admin; $SOPRIS_OPERATOR says who acts (default: admin).\n\n"
            "  sopris operator add carol --role viewer\n\n"
            "Next: give operators/carol.crt and carol.key to that person.",
    .positional_min = 1,
    .positional_max = 1,
    .run = run_operator_add,
    .options = {{"--role", "ROLE", "viewer, operator, releaser or admin", true}},
};

static struct outcome run_operator_list(const struct invocation *invocation)
{
    static const struct output_column columns[] = {
        {"name", "NAME"}, {"role", "ROLE"}, {"certificate_digest", "CERTIFICATE"}};
    json_t *reply = NULL;
    PROCEED(door_request(&invocation->workspace, "/v1/operators", NULL, &reply));
    output_rows(invocation->format, json_object_get(reply, "operators"), columns, sizeof columns / sizeof columns[0]);
    json_decref(reply);
    return OUTCOME_OK;
}

const struct command operator_list_command = {
    .group = "operator",
    .name = "list",
    .arguments = "",
    .summary = "list the operators",
    .help = "Lists who may use the service and in which role.\n\n"
            "  sopris operator list\n\n"
            "Next: 'sopris operator add NAME --role ROLE' makes another.",
    .run = run_operator_list,
};

static struct outcome run_status(const struct invocation *invocation)
{
    json_t *reply = NULL;
    PROCEED(door_request(&invocation->workspace, "/v1/status", NULL, &reply));
    output_record(invocation->format, reply);
    json_decref(reply);
    return OUTCOME_OK;
}

const struct command status_command = {
    .group = NULL,
    .name = "status",
    .arguments = "",
    .summary = "show how the service is doing",
    .help = "Shows counters of the service and the latest requests that it refused without knowing the device.\n\n"
            "  sopris status\n\n"
            "Next: 'sopris device list'.",
    .run = run_status,
};
