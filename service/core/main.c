/* sopris-core; see core.h. */
#include <stdlib.h>
#include <string.h>

#include "service/core/core.h"
#include "service/core/fronts.h"
#include "service/core/operator.h"
#include "service/process/process.h"

struct arguments {
    const char *config_path;
    const char *operator_name;
    const char *operator_certificate;
    int edge_fd;
    int door_fd;
    int ready_fd;
};

static void parse(int argument_count, char **argument, struct arguments *out)
{
    *out = (struct arguments){.edge_fd = -1, .door_fd = -1, .ready_fd = -1};
    for (int index = 1; index + 1 < argument_count; index += 2) {
        const char *value = argument[index + 1];
        if (strcmp(argument[index], "--config") == 0) {
            out->config_path = value;
        } else if (strcmp(argument[index], "--edge-socket") == 0) {
            out->edge_fd = process_descriptor(value);
        } else if (strcmp(argument[index], "--door-socket") == 0) {
            out->door_fd = process_descriptor(value);
        } else if (strcmp(argument[index], "--ready") == 0) {
            out->ready_fd = process_descriptor(value);
        } else if (strcmp(argument[index], "--bootstrap-operator") == 0 && index + 2 < argument_count) {
            out->operator_name = value;
            out->operator_certificate = argument[index + 2];
            index++;
        }
    }
    bool is_service = out->edge_fd >= 0 && out->door_fd >= 0;
    if (out->config_path == NULL || is_service == (out->operator_name != NULL)) {
        process_fail("this program is started by soprisd; run 'soprisd --config FILE'");
    }
}

static int bootstrap(struct core *core, const struct arguments *arguments)
{
    struct error error = operator_bootstrap(core, arguments->operator_name, arguments->operator_certificate);
    if (error_is(error, ERROR_CODE_STORE_CONFLICT)) {
        process_log("an operator of this name or certificate is there already");
    } else if (!error_is_none(error)) {
        process_log("%s: %s", arguments->operator_certificate, error_text(error));
    }
    core_close(core);
    return error_is_none(error) ? 0 : 1;
}

int main(int argument_count, char **argument)
{
    static struct core core;
    struct arguments arguments;
    char message[256];
    process_name("core");
    process_harden();
    parse(argument_count, argument, &arguments);
    if (!config_load(arguments.config_path, &core.config, message, sizeof message)) {
        process_fail("%s: %s", arguments.config_path, message);
    }
    core_load(&core);
    if (arguments.operator_name != NULL) {
        return bootstrap(&core, &arguments);
    }
    core_take_revocations(&core);
    fronts_run(&core, arguments.edge_fd, arguments.door_fd, arguments.ready_fd);
    revocations_close(&core.revocations);
    core_close(&core);
    return 0;
}
