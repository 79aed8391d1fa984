/* The images that the service has, and taking them away. */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/door.h"
#include "cli/text.h"
#include "crypto/sha256.h"

#define DIGEST_DIGITS (2 * SHA256_DIGEST_SIZE_BYTES)
#define PREFIX_DIGITS_MIN 4

static const struct output_column columns[] = {{"component", "COMPONENT"},
                                               {"sequence", "SEQUENCE"},
                                               {"file_size", "BYTES"},
                                               {"file_digest", "FILE"}};

static struct outcome run_image_list(const struct invocation *invocation)
{
    json_t *reply = NULL;
    PROCEED(door_request(&invocation->workspace, "/v1/images", NULL, &reply));
    if (invocation->format == OUTPUT_JSON) {
        output_record(OUTPUT_JSON, reply);
    } else {
        json_t *images = json_object_get(reply, "images");
        output_rows(OUTPUT_TABLE, images, columns, sizeof columns / sizeof columns[0]);
        printf("%zu images, %lld KiB; %lld MiB free\n", json_array_size(images),
               (long long)json_integer_value(json_object_get(reply, "bytes")) / 1024,
               (long long)json_integer_value(json_object_get(reply, "free")) / (1024 * 1024));
    }
    json_decref(reply);
    return OUTCOME_OK;
}

const struct command image_list_command = {
    .group = "image",
    .name = "list",
    .arguments = "",
    .summary = "list the images that devices can fetch",
    .help = "Lists the published images, and the space that they take and that is left.\n\n"
            "  sopris image list\n\n"
            "Next: 'sopris image delete FILE' takes away what nobody needs.",
    .run = run_image_list,
};

/* The whole digest from its first digits. */
static struct outcome find_image(const struct invocation *invocation, char digest[DIGEST_DIGITS + 1])
{
    const char *wanted = invocation->positionals[0];
    json_t *reply = NULL;
    size_t found_count = 0;
    size_t index;
    json_t *image;
    if (strlen(wanted) < PREFIX_DIGITS_MIN || strspn(wanted, "0123456789abcdef") != strlen(wanted)) {
        return outcome_usage("name an image by at least %d of the first digits of its file's SHA-256; 'sopris image list' "
                             "shows them", PREFIX_DIGITS_MIN);
    }
    PROCEED(door_request(&invocation->workspace, "/v1/images", NULL, &reply));
    json_array_foreach(json_object_get(reply, "images"), index, image)
    {
        const char *known = json_string_value(json_object_get(image, "file_digest"));
        if (known != NULL && strncmp(known, wanted, strlen(wanted)) == 0) {
            snprintf(digest, DIGEST_DIGITS + 1, "%s", known);
            found_count++;
        }
    }
    json_decref(reply);
    if (found_count != 1) {
        return outcome_refused(found_count == 0 ? "the service has no image '%s...'; 'sopris image list' lists them"
                                                : "'%s' begins the digest of more than one image; give more digits",
                               wanted);
    }
    return OUTCOME_OK;
}

static struct outcome run_image_delete(const struct invocation *invocation)
{
    char digest[DIGEST_DIGITS + 1];
    char path[64 + DIGEST_DIGITS];
    json_t *reply = NULL;
    json_t *body = invocation_option(invocation, "--force") != NULL ? json_pack("{s:b}", "force", 1) : json_object();
    struct outcome outcome = find_image(invocation, digest);
    if (!outcome_is_ok(outcome)) {
        json_decref(body);
        return outcome;
    }
    snprintf(path, sizeof path, "/v1/images/%s/delete", digest);
    PROCEED(door_request(&invocation->workspace, path, body, &reply));
    output_record(invocation->format, reply);
    json_decref(reply);
    return OUTCOME_OK;
}

const struct command image_delete_command = {
    .group = "image",
    .name = "delete",
    .arguments = "FILE",
    .summary = "take away an image that nobody needs",
    .help = "Deletes an image file from the service. Refused while a rollout that is open or finished offers it, and while\n"
            "devices run it, since patches are made from it. The release stays known: devices that run it are accepted.\n"
            "Needs the role releaser.\n\n"
            "  sopris image delete 3f9a01\n\n"
            "Next: 'sopris image list'; 'sopris image publish' puts it back.",
    .positional_min = 1,
    .positional_max = 1,
    .run = run_image_delete,
    .options = {{"--force", NULL, "although devices run it: they get whole images instead of patches", false}},
};
