/* Publishing: a signed image goes to the service in pieces, and the service puts it where devices fetch it. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/commands.h"
#include "cli/door.h"
#include "cli/slot_file.h"
#include "cli/text.h"

/* In base64 and JSON a piece stays below the 64 KiB that the door accepts. */
#define PIECE_SIZE_BYTES_MAX 45000

/* *reply is the service's answer to the last piece. */
static struct outcome upload(const struct invocation *invocation, struct span contents, json_t **reply)
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
        json_decref(*reply);
        *reply = NULL;
        PROCEED(door_request(&invocation->workspace, "/v1/images", body, reply));
    }
    return OUTCOME_OK;
}

static struct outcome publish(const struct invocation *invocation, const char *path, json_t **reply)
{
    struct slot_file file;
    PROCEED(slot_file_open(path, &file));
    struct outcome outcome = slot_file_check(path, &file, &(struct image_file_policy){0});
    if (outcome_is_ok(outcome)) {
        outcome = upload(invocation, span_of_buffer(&file.contents), reply);
    }
    slot_file_close(&file);
    return outcome;
}

static struct outcome run_image_publish(const struct invocation *invocation)
{
    static const struct output_column columns[] = {{"component", "COMPONENT"},
                                                   {"sequence", "SEQUENCE"},
                                                   {"file_size", "BYTES"},
                                                   {"file_digest", "FILE"}};
    json_t *published = json_array();
    struct outcome outcome = OUTCOME_OK;
    for (size_t index = 0; outcome_is_ok(outcome) && index < invocation->positional_count; index++) {
        json_t *reply = NULL;
        outcome = publish(invocation, invocation->positionals[index], &reply);
        if (outcome_is_ok(outcome)) {
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
            "  sopris image publish base.img\n\n"
            "Next: 'sopris rollout start --component base --sequence 4' offers it to devices.",
    .positional_min = 1,
    .positional_max = COMMAND_POSITIONAL_COUNT_MAX,
    .run = run_image_publish,
};
