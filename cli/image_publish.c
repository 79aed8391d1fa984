/* Publishing: a signed image goes to the service in pieces, and the service puts it where devices fetch it. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/door.h"
#include "cli/file.h"
#include "cli/slot_file.h"
#include "cli/text.h"

/* In base64 and JSON a piece stays below the 64 KiB that the door accepts. */
#define PIECE_SIZE_BYTES_MAX 45000
#define ELF_SIZE_BYTES_MAX (8u * 1024 * 1024)
#define ELF_PATH_SIZE_BYTES_MAX 512

/* image: digest of the image that the contents are a program of; NULL: the contents are an image file.
 * *reply is the service's answer to the last piece. */
static struct outcome upload(const struct invocation *invocation, struct span contents, const char *image,
                             json_t **reply)
{
    char digest_text[65];
    struct sha256_digest digest = sha256_of(contents);
    text_format_hex(SPAN_OF(digest.bytes), digest_text);
    for (size_t offset = 0; offset < contents.size; offset += PIECE_SIZE_BYTES_MAX) {
        size_t left = contents.size - offset;
        struct span piece = span_of(contents.data + offset, left < PIECE_SIZE_BYTES_MAX ? left : PIECE_SIZE_BYTES_MAX);
        char *data = text_base64_of(piece);
        json_t *body = json_pack("{s:s, s:I, s:I, s:s}", "digest", digest_text, "size", (json_int_t)contents.size,
                                 "offset", (json_int_t)offset, "data", data);
        free(data);
        if (image != NULL) {
            json_object_set_new(body, "image", json_string(image));
        }
        json_decref(*reply);
        *reply = NULL;
        PROCEED(door_request(&invocation->workspace, image == NULL ? "/v1/images" : "/v1/symbols", body, reply));
    }
    return OUTCOME_OK;
}

static struct outcome publish(const struct invocation *invocation, const char *path, json_t **reply)
{
    struct slot_file file;
    PROCEED(slot_file_open(path, &file));
    struct outcome outcome = slot_file_check(path, &file, &(struct image_file_policy){0});
    if (outcome_is_ok(outcome)) {
        outcome = upload(invocation, span_of_buffer(&file.contents), NULL, reply);
    }
    slot_file_close(&file);
    return outcome;
}

static struct outcome publish_elf(const struct invocation *invocation, const char *path, const char *image)
{
    struct buffer contents;
    json_t *reply = NULL;
    PROCEED(file_read(path, ELF_SIZE_BYTES_MAX, &contents));
    struct outcome outcome = contents.size > 4 && memcmp(contents.data, "\x7f" "ELF", 4) == 0
                                 ? upload(invocation, span_of_buffer(&contents), image, &reply)
                                 : outcome_refused("%s is no ELF file; give the programs that the image was made of", path);
    free(contents.data);
    json_decref(reply);
    return outcome;
}

/* list: names of files, between commas. */
static struct outcome publish_elfs(const struct invocation *invocation, const char *list, const json_t *published)
{
    const char *image = json_string_value(json_object_get(published, "digest"));
    struct outcome outcome = OUTCOME_OK;
    while (list != NULL && image != NULL && outcome_is_ok(outcome)) {
        char path[ELF_PATH_SIZE_BYTES_MAX];
        const char *end = strchr(list, ',');
        snprintf(path, sizeof path, "%.*s", end == NULL ? (int)strlen(list) : (int)(end - list), list);
        outcome = publish_elf(invocation, path, image);
        list = end == NULL ? NULL : end + 1;
    }
    return outcome;
}

static struct outcome run_image_publish(const struct invocation *invocation)
{
    static const struct output_column columns[] = {{"component", "COMPONENT"},
                                                   {"sequence", "SEQUENCE"},
                                                   {"file_size", "BYTES"},
                                                   {"file_digest", "FILE"}};
    const char *elfs = invocation_option(invocation, "--elf");
    if (elfs != NULL && invocation->positional_count != 1) {
        return outcome_usage("--elf goes with one image; publish images one by one");
    }
    json_t *published = json_array();
    struct outcome outcome = OUTCOME_OK;
    for (size_t index = 0; outcome_is_ok(outcome) && index < invocation->positional_count; index++) {
        json_t *reply = NULL;
        outcome = publish(invocation, invocation->positionals[index], &reply);
        if (outcome_is_ok(outcome)) {
            outcome = publish_elfs(invocation, elfs, reply);
            json_array_append_new(published, reply);
        } else {
            json_decref(reply);
        }
    }
    /* What was published before a failure is shown too: it is in the service. */
    if (json_array_size(published) > 0) {
        output_rows(invocation->format, published, columns, sizeof columns / sizeof columns[0]);
    }
    json_decref(published);
    return outcome;
}

const struct command image_publish_command = {
    .group = "image",
    .name = "publish",
    .arguments = "IMAGE...",
    .summary = "put signed images where devices can fetch them",
    .help = "Registers signed images as releases, as 'sopris release add' does, and puts the files into the service's image\n"
            "folder, each under its SHA-256. Publishing alone changes no device. Needs the role releaser.\n\n"
            "With --elf, the programs that the image was made of go along, with symbols and lines (build with -g), so that\n"
            "'sopris failure show' can say where a failure is. They stay in the service; devices never get them.\n\n"
            "  sopris image publish app.img --elf thermostat.elf\n\n"
            "Next: 'sopris rollout start --component base --sequence 4' offers it to devices.",
    .positional_min = 1,
    .positional_max = COMMAND_POSITIONAL_COUNT_MAX,
    .run = run_image_publish,
    .options = {{"--elf", "FILE,...", "programs of the one image, with symbols", false}},
};
