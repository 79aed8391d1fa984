#include <errno.h>
#include <jansson.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/broker.h"
#include "cli/commands.h"
#include "cli/door.h"
#include "cli/owner.h"
#include "formats/checkin/checkin.h"

#define EDGE_PORT_DEFAULT 8443
#define DOOR_PORT_DEFAULT 8444
#define TICKET_LIFETIME_DEFAULT_S 3600

/* Options that are written into the configuration once and for all. */
static const char *const first_time_options[] = {"--address", "--edge-port", "--door-port", "--ticket-lifetime"};

static struct outcome write_service_configuration(const struct invocation *invocation, const char *path)
{
    const char *address = invocation_option(invocation, "--address");
    uint64_t edge_port = 0;
    uint64_t door_port = 0;
    uint64_t ticket_lifetime_s = 0;
    PROCEED(invocation_number(invocation, "--edge-port", 0, UINT16_MAX, EDGE_PORT_DEFAULT, &edge_port));
    PROCEED(invocation_number(invocation, "--door-port", 0, UINT16_MAX, DOOR_PORT_DEFAULT, &door_port));
    PROCEED(invocation_number(invocation, "--ticket-lifetime", 10, 30 * 86400, TICKET_LIFETIME_DEFAULT_S,
                              &ticket_lifetime_s));
    if (address == NULL) {
        address = "127.0.0.1";
    }
    json_t *edge = json_pack("{s:s, s:I, s:s, s:s, s:i}", "address", address, "port", (json_int_t)edge_port,
                             "certificate", "edge.crt", "key", "edge.key", "workers", 1);
    json_t *door = json_pack("{s:s, s:I, s:s, s:s, s:s}", "address", address, "port", (json_int_t)door_port,
                             "certificate", "door.crt", "key", "door.key", "operator_ca", "../owner/operator-ca.crt");
    json_t *core = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:i}", "control_key", "../owner/control.key",
                             "control_keyset", "../owner/control.keyset", "app_keyset", "../owner/app.keyset",
                             "owner_certificate", "../owner/root.crt", "ca_certificate", "../owner/ca.crt", "ca_key",
                             "../owner/ca.key", "ticket_lifetime_s", (json_int_t)ticket_lifetime_s,
                             "certificate_lifetime_s", 86400);
    json_t *configuration = json_pack("{s:s, s:s, s:o, s:o, s:o}", "run_dir", "run", "database", "store.db", "edge",
                                      edge, "door", door, "core", core);
    char *text = json_dumps(configuration, JSON_INDENT(2));
    json_decref(configuration);
    if (text == NULL) {
        return outcome_usage("--address must be an IPv4 or IPv6 address");
    }
    struct outcome outcome = file_create(path, span_of(text, strlen(text)), FILE_PUBLIC);
    free(text);
    return outcome;
}

static struct outcome make_service(const struct invocation *invocation)
{
    const struct workspace *workspace = &invocation->workspace;
    struct file_path configuration = workspace_path(workspace, "service/soprisd.json");
    PROCEED(file_make_folder(workspace_path(workspace, "service/run").text));
    PROCEED(owner_make_server(workspace, "service", "edge", SERVICE_TLS_NAME, ",DNS:" IMAGES_TLS_NAME));
    PROCEED(owner_make_server(workspace, "images", "images", IMAGES_TLS_NAME, ""));
    PROCEED(owner_make_server(workspace, "service", "door", DOOR_TLS_NAME, ""));
    if (!file_exists(configuration.text)) {
        return write_service_configuration(invocation, configuration.text);
    }
    for (size_t index = 0; index < sizeof first_time_options / sizeof first_time_options[0]; index++) {
        if (invocation_option(invocation, first_time_options[index]) != NULL) {
            return outcome_usage("%s has an effect the first time only; now change it in %s",
                                 first_time_options[index], configuration.text);
        }
    }
    return OUTCOME_OK;
}

/* soprisd lies beside this program when installed, or in the build's service folder. */
static struct outcome find_soprisd(const struct invocation *invocation, struct file_path *program)
{
    static const char *const places[] = {"soprisd", "../sbin/soprisd", "../service/soprisd"};
    const char *option = invocation_option(invocation, "--soprisd");
    char self[PATH_MAX];
    if (option != NULL) {
        *program = file_path_format("%s", option);
        return OUTCOME_OK;
    }
    ssize_t size = readlink("/proc/self/exe", self, sizeof self - 1);
    self[size > 0 ? size : 0] = 0;
    const char *folder = dirname(self);
    for (size_t index = 0; index < sizeof places / sizeof places[0]; index++) {
        *program = file_path_join(folder, places[index]);
        if (access(program->text, X_OK) == 0) {
            return OUTCOME_OK;
        }
    }
    return outcome_refused("soprisd is not installed beside sopris; say where it is with --soprisd FILE");
}

/* The first admin enters the database without the door, which would ask for an admin. */
static struct outcome enter_first_operator(const struct workspace *workspace, const char *soprisd)
{
    struct file_path configuration = workspace_path(workspace, "service/soprisd.json");
    struct file_path certificate = workspace_path(workspace, "operators/%s.crt", DOOR_OPERATOR_DEFAULT);
    struct file_path mark = workspace_path(workspace, "service/first-operator");
    int status = 0;
    if (file_exists(mark.text) && file_exists(workspace_path(workspace, "service/store.db").text)) {
        return OUTCOME_OK;
    }
    pid_t child = fork();
    if (child == 0) {
        execl(soprisd, soprisd, "--config", configuration.text, "--bootstrap-operator", DOOR_OPERATOR_DEFAULT,
              certificate.text, (char *)NULL);
        _exit(127);
    }
    while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    if (child < 0 || !WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        return outcome_refused("%s could not enter the first operator; its own message stands above", soprisd);
    }
    return file_write(mark.text, span_of(DOOR_OPERATOR_DEFAULT "\n", sizeof DOOR_OPERATOR_DEFAULT), FILE_PUBLIC);
}

static struct outcome make_all(const struct invocation *invocation)
{
    const struct workspace *workspace = &invocation->workspace;
    uint64_t broker_port = 0;
    bool owner_made = false;
    bool operator_made = false;
    PROCEED(invocation_number(invocation, "--broker-port", 1, UINT16_MAX, 0, &broker_port));
    PROCEED(owner_make(workspace, &owner_made));
    PROCEED(make_service(invocation));
    PROCEED(owner_make_operator(workspace, DOOR_OPERATOR_DEFAULT, &operator_made));
    PROCEED(broker_make(workspace, (uint16_t)broker_port));
    if (owner_made && invocation->format == OUTPUT_TABLE) {
        printf("made the owner in %s/owner: keep root.key offline once a fleet is real\n"
               "made the operator '%s', an admin\n",
               workspace->folder.text, DOOR_OPERATOR_DEFAULT);
    }
    return OUTCOME_OK;
}

static void show_next(const struct invocation *invocation)
{
    const char *folder = invocation->workspace.folder.text;
    if (invocation->format == OUTPUT_JSON) {
        json_t *record = json_pack("{s:s, s:s, s:s, s:s}", "owner", file_path_join(folder, "owner/root.crt").text,
                                   "service", file_path_join(folder, "service/soprisd.json").text, "broker",
                                   file_path_join(folder, "broker/mosquitto.conf").text, "operator",
                                   DOOR_OPERATOR_DEFAULT);
        output_record(OUTPUT_JSON, record);
        json_decref(record);
        return;
    }
    printf("next: 'sopris maker trust NAME' and 'sopris voucher add FILE' in another terminal, then 'sopris board run "
           "NAME';\n      the broker is 'mosquitto -c %s/broker/mosquitto.conf'\n", folder);
}

static struct outcome run_up(const struct invocation *invocation)
{
    struct file_path soprisd;
    struct file_path configuration = workspace_path(&invocation->workspace, "service/soprisd.json");
    PROCEED(make_all(invocation));
    PROCEED(find_soprisd(invocation, &soprisd));
    PROCEED(enter_first_operator(&invocation->workspace, soprisd.text));
    show_next(invocation);
    if (invocation_option(invocation, "--init") != NULL) {
        return OUTCOME_OK;
    }
    fflush(stdout);
    execl(soprisd.text, soprisd.text, "--config", configuration.text, (char *)NULL);
    return outcome_errno("%s cannot be started", soprisd.text);
}

const struct command up_command = {
    .group = NULL,
    .name = "up",
    .arguments = "",
    .summary = "make the owner if need be, and run the service",
    .help = "Runs the owner's service in the foreground until Ctrl-C. The first time it makes what the service needs:\n"
            "owner root, control and app keys with their key sets, the service CA, TLS keys, the first operator 'admin',\n"
            "and a configuration for the broker. Later it renews TLS certificates that end within 30 days.\n\n"
            "  sopris up\n\n"
            "Next: 'sopris maker trust acme', 'sopris voucher add acme.voucher', 'sopris release add *.img'.",
    .run = run_up,
    .options = {{"--init", NULL, "make everything, but do not run", false},
                {"--address", "ADDRESS", "where to listen (first time; default 127.0.0.1)", false},
                {"--edge-port", "PORT", "for devices (first time; default 8443; 0: any free one)", false},
                {"--door-port", "PORT", "for operators (first time; default 8444; 0: any free one)", false},
                {"--broker-port", "PORT", "of the broker (default 8883)", false},
                {"--ticket-lifetime", "S", "seconds that a device may go on without an answer (first time)", false},
                {"--soprisd", "FILE", "the service's program", false}},
};
