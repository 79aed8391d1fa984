#include "cli/broker.h"

#include <glob.h>
#include <libgen.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/board.h"
#include "cli/owner.h"
#include "cli/text.h"

#define BROKER_PORT_DEFAULT 8883
#define CONFIGURATION_SIZE_BYTES 4096
#define ACCESS_SIZE_BYTES 65536

/* Who may sign clients: the owner's chain for devices, the operator CA for people. Servers of the same chain are kept
 * out by their extended key usage, which the broker's TLS checks. */
static struct outcome write_client_roots(const struct workspace *workspace)
{
    static const char *const names[] = {"root", "ca", "operator-ca"};
    X509 *certificates[3] = {NULL, NULL, NULL};
    struct outcome outcome = OUTCOME_OK;
    for (size_t index = 0; outcome_is_ok(outcome) && index < 3; index++) {
        outcome = certificates_load(workspace_path(workspace, "owner/%s.crt", names[index]).text,
                                    &certificates[index]);
    }
    if (outcome_is_ok(outcome)) {
        outcome = certificates_write(workspace_path(workspace, "broker/clients.crt").text, certificates, 3, true);
    }
    for (size_t index = 0; index < 3; index++) {
        X509_free(certificates[index]);
    }
    return outcome;
}

/* The plug-in lies beside this program when installed, or in the build's folder. */
static struct outcome find_plugin(struct file_path *plugin)
{
    static const char *const places[] = {"../lib/sopris/sopris_broker.so", "../broker/sopris_broker.so"};
    char self[PATH_MAX];
    ssize_t size = readlink("/proc/self/exe", self, sizeof self - 1);
    self[size > 0 ? size : 0] = 0;
    const char *folder = dirname(self);
    for (size_t index = 0; index < sizeof places / sizeof places[0]; index++) {
        char *resolved = realpath(file_path_join(folder, places[index]).text, NULL);
        if (resolved != NULL) {
            *plugin = file_path_format("%s", resolved);
            free(resolved);
            return OUTCOME_OK;
        }
    }
    return outcome_refused("the broker's plug-in sopris_broker.so is not installed beside sopris");
}

static struct outcome write_configuration(const char *folder, uint16_t port)
{
    char text[CONFIGURATION_SIZE_BYTES];
    struct file_path plugin;
    PROCEED(find_plugin(&plugin));
    const struct passwd *user = getpwuid(geteuid());
    /* Started as root, mosquitto would become a user that cannot read these keys. */
    int size = snprintf(text, sizeof text,
                        "# Made by 'sopris up'; changes are overwritten.\n"
                        "# Run it with: mosquitto -c %s/mosquitto.conf\n"
                        "listener %u 127.0.0.1\n"
                        "cafile %s/clients.crt\n"
                        "certfile %s/broker.crt\n"
                        "keyfile %s/broker.key\n"
                        "tls_version tlsv1.3\n"
                        "require_certificate true\n"
                        "# Who a client is, and who is revoked: the plug-in. It says nothing while\n"
                        "# use_identity_as_username is on.\n"
                        "plugin %s\n"
                        "plugin_opt_revocations %s/../service/revocations\n"
                        "plugin_opt_operator_ca %s/../owner/operator-ca.crt\n"
                        "allow_anonymous false\n"
                        "acl_file %s/access\n"
                        "user %s\n"
                        "persistence false\n"
                        "log_dest stderr\n"
                        "log_type error\nlog_type warning\nlog_type notice\nlog_type information\n"
                        "connection_messages true\n",
                        folder, port, folder, folder, folder, plugin.text, folder, folder, folder, user != NULL ? user->pw_name : "root");
    if (size < 0 || (size_t)size >= sizeof text) {
        return outcome_refused("the path %s is too long for the broker's configuration", folder);
    }
    return file_write(file_path_join(folder, "mosquitto.conf").text, span_of(text, (size_t)size), FILE_PUBLIC);
}

struct outcome broker_write_access(const struct workspace *workspace)
{
    glob_t found;
    char *text = malloc(ACCESS_SIZE_BYTES);
    if (text == NULL) {
        return outcome_refused("there is not enough memory");
    }
    int size = snprintf(text, ACCESS_SIZE_BYTES,
                        "# Made by sopris; changes are overwritten. What people may read; devices are the plug-in's.\n");
    if (glob(workspace_path(workspace, "operators/*.crt").text, 0, NULL, &found) == 0) {
        for (size_t index = 0; index < found.gl_pathc; index++) {
            struct file_path path = file_path_format("%s", found.gl_pathv[index]);
            char *name = basename(path.text);
            name[strcspn(name, ".")] = 0;
            size_t left = (size_t)(ACCESS_SIZE_BYTES - size);
            if (text_is_name(name) && left > 2 * TEXT_NAME_SIZE_BYTES_MAX) {
                size += snprintf(text + size, left, "\nuser %s\ntopic read devices/#\n", name);
            }
        }
        globfree(&found);
    }
    struct outcome outcome = file_write(workspace_path(workspace, "broker/access").text, span_of(text, (size_t)size),
                                        FILE_SECRET);
    free(text);
    return outcome;
}

struct outcome broker_make(const struct workspace *workspace, uint16_t port)
{
    struct file_path port_file = workspace_path(workspace, "broker/port");
    char port_text[8];
    /* Devices ask for the name that they are built with, people's MQTT clients for the address that they dial. */
    PROCEED(owner_make_server(workspace, "broker", "broker", BROKER_TLS_NAME, ",DNS:localhost,IP:127.0.0.1"));
    PROCEED(write_client_roots(workspace));
    PROCEED(broker_write_access(workspace));
    if (port == 0) {
        port = board_port_of_file(port_file.text);
    }
    if (port == 0) {
        port = BROKER_PORT_DEFAULT;
    }
    int size = snprintf(port_text, sizeof port_text, "%u\n", port);
    PROCEED(file_write(port_file.text, span_of(port_text, (size_t)size), FILE_PUBLIC));
    char *folder = realpath(workspace_path(workspace, "broker").text, NULL);
    if (folder == NULL) {
        return outcome_errno("%s/broker cannot be found", workspace->folder.text);
    }
    struct outcome outcome = write_configuration(folder, port);
    free(folder);
    return outcome;
}
