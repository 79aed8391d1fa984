/* What the owner enters into the service: makers, vouchers, releases. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/door.h"
#include "cli/slot_file.h"
#include "cli/text.h"
#include "formats/identity/voucher.h"

#define PEM_SIZE_BYTES_MAX 16384

static json_t *json_base64(struct span bytes)
{
    char *text = text_base64_of(bytes);
    json_t *json = text != NULL ? json_string(text) : NULL;
    free(text);
    return json;
}

/* GET path, shows the array under key. */
static struct outcome show_list(const struct invocation *invocation, const char *path, const char *key,
                                const struct output_column *columns, size_t column_count)
{
    json_t *reply = NULL;
    PROCEED(door_request(&invocation->workspace, path, NULL, &reply));
    output_rows(invocation->format, json_object_get(reply, key), columns, column_count);
    json_decref(reply);
    return OUTCOME_OK;
}

/* Where root and CA certificate are: a maker of this workspace, a folder, or two files. */
static void find_maker_certificates(const struct invocation *invocation, struct file_path *root, struct file_path *ca)
{
    const char *place = invocation->positionals[0];
    if (invocation->positional_count == 2) {
        *root = file_path_format("%s", place);
        *ca = file_path_format("%s", invocation->positionals[1]);
    } else if (text_is_name(place) &&
               file_exists(workspace_path(&invocation->workspace, "makers/%s/maker.json", place).text)) {
        *root = workspace_path(&invocation->workspace, "makers/%s/root.crt", place);
        *ca = workspace_path(&invocation->workspace, "makers/%s/ca.crt", place);
    } else {
        *root = file_path_join(place, "root.crt");
        *ca = file_path_join(place, "ca.crt");
    }
}

/* Vendor and class from the maker.json beside the certificates, if there is one: images for others are then refused. */
static void put_maker_identity(const struct invocation *invocation, json_t *body)
{
    const char *place = invocation->positionals[0];
    struct file_path path = workspace_path(&invocation->workspace, "makers/%s/maker.json", place);
    if (!text_is_name(place) || !file_exists(path.text)) {
        path = file_path_join(place, "maker.json");
    }
    json_t *maker = json_load_file(path.text, JSON_REJECT_DUPLICATES, NULL);
    json_t *vendor = json_object_get(maker, "vendor");
    json_t *device_class = json_object_get(maker, "class");
    if (vendor != NULL && device_class != NULL) {
        json_object_set(body, "vendor", vendor);
        json_object_set(body, "class", device_class);
    }
    json_decref(maker);
}

static struct outcome run_maker_trust(const struct invocation *invocation)
{
    struct file_path root_path;
    struct file_path ca_path;
    struct buffer root = {NULL, 0, 0};
    struct buffer ca = {NULL, 0, 0};
    json_t *reply = NULL;
    find_maker_certificates(invocation, &root_path, &ca_path);
    PROCEED(file_read(root_path.text, PEM_SIZE_BYTES_MAX, &root));
    struct outcome outcome = file_read(ca_path.text, PEM_SIZE_BYTES_MAX, &ca);
    if (outcome_is_ok(outcome)) {
        json_t *body = json_pack("{s:s, s:s}", "root", (const char *)root.data, "ca", (const char *)ca.data);
        put_maker_identity(invocation, body);
        outcome = door_request(&invocation->workspace, "/v1/makers", body, &reply);
    }
    file_forget(&root);
    file_forget(&ca);
    PROCEED(outcome);
    if (invocation->format == OUTPUT_JSON) {
        output_record(OUTPUT_JSON, reply);
    } else {
        printf("the service trusts devices that the maker in %s certified\n"
               "next: 'sopris voucher add FILE', 'sopris release add IMAGE...'\n", root_path.text);
    }
    json_decref(reply);
    return OUTCOME_OK;
}

const struct command maker_trust_command = {
    .group = "maker",
    .name = "trust",
    .arguments = "MAKER",
    .summary = "let the service accept a maker's devices",
    .help = "Tells the service to trust a maker: its root and the CA that certifies devices. MAKER is a maker of this\n"
            "workspace, a folder with root.crt and ca.crt, or these two files. Needs the role admin.\n\n"
            "  sopris maker trust acme\n"
            "  sopris maker trust root.crt ca.crt\n\n"
            "Next: 'sopris voucher add FILE' says which of its devices are yours.",
    .positional_min = 1,
    .positional_max = 2,
    .run = run_maker_trust,
};

static struct outcome run_voucher_add(const struct invocation *invocation)
{
    const char *path = invocation->positionals[0];
    struct buffer contents = {NULL, 0, 0};
    struct voucher voucher;
    json_t *reply = NULL;
    PROCEED(file_read(path, VOUCHER_SIZE_BYTES_MAX, &contents));
    /* Read here first: a wrong file is refused with its name, without a service. */
    struct outcome outcome = outcome_of_error(voucher_parse(span_of_buffer(&contents), &voucher), "%s", path);
    if (outcome_is_ok(outcome)) {
        json_t *body = json_pack("{s:o}", "voucher", json_base64(span_of_buffer(&contents)));
        outcome = door_request(&invocation->workspace, "/v1/vouchers", body, &reply);
    }
    file_forget(&contents);
    PROCEED(outcome);
    if (invocation->format == OUTPUT_JSON) {
        output_record(OUTPUT_JSON, reply);
    } else {
        printf("the service claims %s %s\nnext: switch the devices on; 'sopris device list' shows them\n",
               voucher.is_batch ? "the devices of batch" : "the device",
               voucher.is_batch ? voucher.batch : json_string_value(json_object_get(reply, "subject")));
    }
    json_decref(reply);
    return OUTCOME_OK;
}

const struct command voucher_add_command = {
    .group = "voucher",
    .name = "add",
    .arguments = "FILE",
    .summary = "register a voucher with the service",
    .help = "Gives the service a voucher that a maker wrote for this owner. Devices that it covers claim themselves: they\n"
            "fetch it, verify that their maker signed it, and start a new epoch as yours. Needs the role operator.\n\n"
            "  sopris voucher add acme.voucher\n\n"
            "Next: switch the devices on; 'sopris device list' shows them.",
    .positional_min = 1,
    .positional_max = 1,
    .run = run_voucher_add,
};

static struct outcome run_voucher_list(const struct invocation *invocation)
{
    static const struct output_column columns[] = {
        {"generation", "GENERATION"}, {"is_batch", "BATCH"}, {"host", "HOST"}, {"port", "PORT"}, {"subject", "SUBJECT"}};
    return show_list(invocation, "/v1/vouchers", "vouchers", columns, sizeof columns / sizeof columns[0]);
}

const struct command voucher_list_command = {
    .group = "voucher",
    .name = "list",
    .arguments = "",
    .summary = "list the vouchers that the service has",
    .help = "Lists the vouchers that the service has: which batches and devices are this owner's.\n\n"
            "  sopris voucher list\n\n"
            "Next: 'sopris voucher add FILE' registers another.",
    .run = run_voucher_list,
};

static struct outcome add_release(const struct invocation *invocation, const char *path, json_t **reply)
{
    struct slot_file file;
    PROCEED(slot_file_open(path, &file));
    struct outcome outcome = slot_file_check(path, &file, &(struct image_file_policy){0});
    if (outcome_is_ok(outcome)) {
        json_t *body = json_pack("{s:o, s:o}", "manifest", json_base64(file.parts.header.manifest), "keyset",
                                 json_base64(file.parts.header.keyset));
        outcome = door_request(&invocation->workspace, "/v1/releases", body, reply);
    }
    slot_file_close(&file);
    return outcome;
}

static const struct output_column release_columns[] = {{"component", "COMPONENT"},
                                                       {"sequence", "SEQUENCE"},
                                                       {"version", "VERSION"},
                                                       {"digest", "DIGEST"}};

static struct outcome run_release_add(const struct invocation *invocation)
{
    json_t *added = json_array();
    struct outcome outcome = OUTCOME_OK;
    for (size_t index = 0; outcome_is_ok(outcome) && index < invocation->positional_count; index++) {
        json_t *reply = NULL;
        outcome = add_release(invocation, invocation->positionals[index], &reply);
        if (outcome_is_ok(outcome)) {
            json_array_append_new(added, reply);
        }
    }
    /* What was added before a failure is shown too: it is in the service. */
    if (json_array_size(added) > 0) {
        output_rows(invocation->format, added, release_columns, sizeof release_columns / sizeof release_columns[0]);
    }
    json_decref(added);
    return outcome;
}

const struct command release_add_command = {
    .group = "release",
    .name = "add",
    .arguments = "IMAGE...",
    .summary = "make signed images known to the service",
    .help = "Registers signed images as releases: devices that prove to run something else are refused. The service checks\n"
            "signature, key set and floor itself. Needs the role releaser.\n\n"
            "  sopris release add monitor.img base.img thermostat.img\n\n"
            "Next: 'sopris release list', 'sopris device list'.",
    .positional_min = 1,
    .positional_max = COMMAND_POSITIONAL_COUNT_MAX,
    .run = run_release_add,
};

static struct outcome run_release_list(const struct invocation *invocation)
{
    return show_list(invocation, "/v1/releases", "releases", release_columns,
                     sizeof release_columns / sizeof release_columns[0]);
}

const struct command release_list_command = {
    .group = "release",
    .name = "list",
    .arguments = "",
    .summary = "list the releases that the service knows",
    .help = "Lists the releases that devices may run.\n\n"
            "  sopris release list\n\n"
            "Next: 'sopris release add IMAGE...' registers more.",
    .run = run_release_list,
};
