/* New key sets: a root signs which keys count from now on, and what every older set signed counts no more. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/door.h"
#include "cli/maker.h"
#include "cli/signing.h"
#include "cli/text.h"
#include "cli/token.h"
#include "formats/slot/image_file.h"

#define GENERATION_MAX UINT32_MAX

/* A set on its way to a new one. Files: stem.keyset and, if the key is a file, stem.key. */
struct rotation {
    enum keyset_kind kind;
    struct file_path stem;
    struct file_path root_key; /* where the root's private key is by default */
    struct keyset old;
    struct keyset set; /* the new one */
    uint8_t encoded[KEYSET_SIZE_BYTES_MAX];
    size_t encoded_size_bytes;
};

static struct outcome read_keyset(const char *path, enum keyset_kind kind, struct keyset *keyset)
{
    struct buffer contents = {NULL, 0, 0};
    struct ecdsa_p256_public_key root;
    PROCEED(file_read(path, KEYSET_SIZE_BYTES_MAX, &contents));
    struct error error = image_file_read_keyset(span_of_buffer(&contents), kind, keyset, &root);
    file_forget(&contents);
    return outcome_of_error(error, "%s", path);
}

/* "base=4,monitor=2": lowest sequence numbers from now on. */
static struct outcome read_floors(const char *text, struct keyset *set)
{
    char copy[128];
    char *rest = copy;
    snprintf(copy, sizeof copy, "%s", text);
    for (char *item = strsep(&rest, ","); item != NULL; item = strsep(&rest, ",")) {
        char *number = strchr(item, '=');
        uint64_t floor = 0;
        int component = 0;
        if (number != NULL) {
            *number++ = 0;
        }
        for (int index = COMPONENT_MONITOR; index <= COMPONENT_COUNT; index++) {
            component = strcmp(item, component_name((enum component)index)) == 0 ? index : component;
        }
        if (component == 0 || number == NULL || !text_parse_uint(number, UINT32_MAX, &floor)) {
            return outcome_usage("--floor is a list such as base=4,monitor=2");
        }
        if (floor < set->sequence_min[component]) {
            return outcome_usage("the floor of '%s' is %u already and is never lowered", item,
                                 set->sequence_min[component]);
        }
        set->sequence_min[component] = (uint32_t)floor;
    }
    return OUTCOME_OK;
}

/* Generation, floors, and the old keys if they are to stay; the new key comes first. */
static struct outcome prepare(const struct invocation *invocation, struct rotation *rotation)
{
    const char *floors = invocation_option(invocation, "--floor");
    uint64_t generation = 0;
    PROCEED(read_keyset(file_path_format("%s.keyset", rotation->stem.text).text, rotation->kind, &rotation->old));
    rotation->set = (struct keyset){.kind = rotation->kind, .key_count = 1};
    memcpy(rotation->set.sequence_min, rotation->old.sequence_min, sizeof rotation->set.sequence_min);
    if (rotation->old.generation == GENERATION_MAX) {
        return outcome_refused("there is no generation behind %u", rotation->old.generation);
    }
    PROCEED(invocation_number(invocation, "--generation", rotation->old.generation + 1, GENERATION_MAX,
                              rotation->old.generation + 1, &generation));
    rotation->set.generation = (uint32_t)generation;
    if (invocation_option(invocation, "--keep-old") != NULL) {
        for (size_t index = 0; index < rotation->old.key_count && rotation->set.key_count < KEYSET_KEY_COUNT_MAX;
             index++) {
            rotation->set.keys[rotation->set.key_count++] = rotation->old.keys[index];
        }
    }
    return floors != NULL ? read_floors(floors, &rotation->set) : OUTCOME_OK;
}

static struct outcome sign(const struct invocation *invocation, struct rotation *rotation)
{
    const char *root_name = invocation_option(invocation, "--root-key");
    EVP_PKEY *root = NULL;
    struct writer writer;
    writer_init(&writer, rotation->encoded, sizeof rotation->encoded);
    PROCEED(keys_open(root_name != NULL ? root_name : rotation->root_key.text, &root));
    struct outcome outcome = signing_keyset_of(root, &rotation->set, &writer);
    EVP_PKEY_free(root);
    rotation->encoded_size_bytes = writer_span(&writer).size;
    return outcome;
}

/* The new member: made into stem.new.key, or one that is in a token already. */
static struct outcome make_member(const struct invocation *invocation, struct rotation *rotation)
{
    const char *name = invocation_option(invocation, "--new-key");
    EVP_PKEY *key = NULL;
    PROCEED(name != NULL ? keys_open(name, &key)
                         : keys_create(file_path_format("%s.new.key", rotation->stem.text).text, &key));
    struct outcome outcome = keys_public(key, &rotation->set.keys[0]);
    EVP_PKEY_free(key);
    return outcome;
}

static struct outcome move(const char *from, const char *to)
{
    return rename(from, to) == 0 ? OUTCOME_OK : outcome_errno("%s cannot be renamed", from);
}

/* The old key and set keep their generation in their names: devices in the field still run what they signed. */
static struct outcome install(const struct rotation *rotation)
{
    const char *stem = rotation->stem.text;
    struct file_path key = file_path_format("%s.key", stem);
    struct file_path new_key = file_path_format("%s.new.key", stem);
    struct file_path keyset = file_path_format("%s.keyset", stem);
    PROCEED(move(keyset.text, file_path_format("%s.%u.keyset", stem, rotation->old.generation).text));
    PROCEED(file_create(keyset.text, span_of(rotation->encoded, rotation->encoded_size_bytes), FILE_PUBLIC));
    if (!file_exists(new_key.text)) {
        return OUTCOME_OK;
    }
    if (file_exists(key.text)) {
        PROCEED(move(key.text, file_path_format("%s.%u.key", stem, rotation->old.generation).text));
    }
    return move(new_key.text, key.text);
}

static struct outcome send(const struct invocation *invocation, struct span encoded, json_t **reply)
{
    char *text = text_base64_of(encoded);
    json_t *body = json_pack("{s:s}", "keyset", text);
    free(text);
    return door_request(&invocation->workspace, "/v1/keysets", body, reply);
}

static void show(const struct invocation *invocation, const struct rotation *rotation, const char *next)
{
    json_t *record = json_pack("{s:s, s:I, s:I}", "keyset", file_path_format("%s.keyset", rotation->stem.text).text,
                               "generation", (json_int_t)rotation->set.generation, "keys",
                               (json_int_t)rotation->set.key_count);
    output_record(invocation->format, record);
    json_decref(record);
    if (invocation->format == OUTPUT_TABLE) {
        printf("next: %s\n", next);
    }
}

static struct outcome run_maker_keyset(const struct invocation *invocation)
{
    const char *name = invocation->positionals[0];
    struct rotation rotation = {.kind = KEYSET_RELEASE};
    PROCEED(maker_check_exists(&invocation->workspace, name));
    rotation.stem = workspace_path(&invocation->workspace, "makers/%s/release", name);
    rotation.root_key = workspace_path(&invocation->workspace, "makers/%s/root.key", name);
    PROCEED(prepare(invocation, &rotation));
    PROCEED(make_member(invocation, &rotation));
    PROCEED(sign(invocation, &rotation));
    PROCEED(install(&rotation));
    show(invocation, &rotation,
         "sign monitor and base anew with it, publish and roll them out; 'sopris keyset add' makes the service refuse what "
         "the old key signs at once");
    return OUTCOME_OK;
}

const struct command maker_keyset_command = {
    .group = "maker",
    .name = "keyset",
    .arguments = "NAME",
    .summary = "replace a maker's release key",
    .help = "Makes a new release key and a key set of the next generation, signed by the maker's root. Devices learn the set\n"
            "from the first image that it signs, and drop the old one when monitor and base of it have proved to run. The\n"
            "old key and set stay beside the new under their generation.\n\n"
            "  sopris maker keyset acme --floor base=7\n"
            "  sopris maker keyset acme --root-key 'pkcs11:token=acme;object=root?pin-source=/run/pin' \\\n"
            "      --new-key 'pkcs11:token=acme;object=release2?pin-source=/run/pin'\n\n"
            "Next: 'sopris image sign', 'sopris image publish', 'sopris rollout start' for monitor and base.",
    .positional_min = 1,
    .positional_max = 1,
    .run = run_maker_keyset,
    .options = {{"--root-key", "FILE|URI", "the root's key (default: root.key of the maker)", false},
                {"--new-key", "FILE|URI", "the new release key (default: makes one)", false},
                {"--generation", "N", "its generation (default: the next)", false},
                {"--floor", "NAME=N,...", "lowest sequence numbers from now on", false},
                {"--keep-old", NULL, "the old key may sign too: not after a theft", false}},
};

/* The service makes its control key itself, and the private part never leaves it. */
static struct outcome ask_control_key(const struct invocation *invocation, struct rotation *rotation)
{
    json_t *reply = NULL;
    PROCEED(door_request(&invocation->workspace, "/v1/control-keys", json_object(), &reply));
    const char *text = json_string_value(json_object_get(reply, "public_key"));
    bool ok = text != NULL && text_parse_hex(text, rotation->set.keys[0].bytes, sizeof rotation->set.keys[0].bytes);
    json_decref(reply);
    return ok ? OUTCOME_OK : outcome_refused("the service gave no public key");
}

static struct outcome run_owner_keyset(const struct invocation *invocation)
{
    const char *kind = invocation_option(invocation, "--kind");
    bool is_control = strcmp(kind, "control") == 0;
    struct rotation rotation = {.kind = is_control ? KEYSET_CONTROL : KEYSET_APP};
    json_t *reply = NULL;
    if (!is_control && strcmp(kind, "app") != 0) {
        return outcome_usage("--kind is 'app' or 'control'");
    }
    if (is_control && invocation_option(invocation, "--new-key") != NULL) {
        return outcome_usage("the service makes its control keys itself");
    }
    rotation.stem = workspace_path(&invocation->workspace, "owner/%s", kind);
    rotation.root_key = workspace_path(&invocation->workspace, "owner/root.key");
    PROCEED(prepare(invocation, &rotation));
    PROCEED(is_control ? ask_control_key(invocation, &rotation) : make_member(invocation, &rotation));
    PROCEED(sign(invocation, &rotation));
    struct outcome outcome = send(invocation, span_of(rotation.encoded, rotation.encoded_size_bytes), &reply);
    json_decref(reply);
    if (!outcome_is_ok(outcome)) {
        (void)unlink(file_path_format("%s.new.key", rotation.stem.text).text);
        return outcome;
    }
    PROCEED(install(&rotation));
    show(invocation, &rotation,
         is_control ? "devices take the set at their next check-in; 'sopris device show' has the generation of each"
                    : "'sopris image sign --owner' signs with the new key; publish and roll the app out");
    return OUTCOME_OK;
}

const struct command owner_keyset_command = {
    .group = "owner",
    .name = "keyset",
    .arguments = "",
    .summary = "replace the control key or the app key",
    .help = "Signs a key set of the next generation with the owner's root and gives it to the service, which sends it to\n"
            "every device of a lower generation. The service makes a control key itself; it signs with the new one from\n"
            "then on, and what a stolen old one signs is refused by every device that has the set. An app key is made\n"
            "here. Needs the role admin.\n\n"
            "  sopris owner keyset --kind control\n"
            "  sopris owner keyset --kind app --floor app=9 --root-key 'pkcs11:token=owner;object=root'\n\n"
            "Next: 'sopris keyset list', 'sopris device show DEVICE'.",
    .run = run_owner_keyset,
    .options = {{"--kind", "NAME", "app or control", true},
                {"--root-key", "FILE|URI", "the root's key (default: root.key of the owner)", false},
                {"--new-key", "FILE|URI", "the new app key (default: makes one)", false},
                {"--generation", "N", "its generation (default: the next)", false},
                {"--floor", "app=N", "lowest sequence number of apps from now on", false},
                {"--keep-old", NULL, "the old key may sign too: not after a theft", false}},
};

static struct outcome run_keyset_add(const struct invocation *invocation)
{
    struct buffer contents = {NULL, 0, 0};
    json_t *reply = NULL;
    PROCEED(file_read(invocation->positionals[0], KEYSET_SIZE_BYTES_MAX, &contents));
    struct outcome outcome = send(invocation, span_of_buffer(&contents), &reply);
    file_forget(&contents);
    PROCEED(outcome);
    output_record(invocation->format, reply);
    json_decref(reply);
    return OUTCOME_OK;
}

const struct command keyset_add_command = {
    .group = "keyset",
    .name = "add",
    .arguments = "FILE",
    .summary = "make a new key set known to the service",
    .help = "Gives the service a key set that a maker's or the owner's root has signed. From then on it refuses to publish\n"
            "what only an older set of that root allows. Needs the role admin.\n\n"
            "  sopris keyset add release.keyset\n\n"
            "Next: 'sopris keyset list'.",
    .positional_min = 1,
    .positional_max = 1,
    .run = run_keyset_add,
};

static struct outcome run_keyset_list(const struct invocation *invocation)
{
    static const struct output_column columns[] = {{"kind", "KIND"}, {"generation", "GENERATION"}, {"root", "ROOT"}};
    json_t *reply = NULL;
    PROCEED(door_request(&invocation->workspace, "/v1/keysets", NULL, &reply));
    output_rows(invocation->format, json_object_get(reply, "keysets"), columns, sizeof columns / sizeof columns[0]);
    json_decref(reply);
    return OUTCOME_OK;
}

const struct command keyset_list_command = {
    .group = "keyset",
    .name = "list",
    .arguments = "",
    .summary = "list the newest key sets that the service knows",
    .help = "Lists the newest key set of each kind and root. 'sopris device show' has the generations that a device has\n"
            "reached.\n\n"
            "  sopris keyset list\n\n"
            "Next: 'sopris owner keyset', 'sopris maker keyset' make new ones.",
    .run = run_keyset_list,
};
