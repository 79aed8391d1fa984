/* A base for a board that has none left, over its secure UART.  source  docs/protocol/rescue.md */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/board.h"
#include "cli/commands.h"
#include "cli/emulator/console.h"
#include "cli/emulator/lines.h"
#include "cli/emulator/qemu.h"
#include "cli/slot_file.h"
#include "cli/text.h"
#include "device/abi/monitor_call.h"
#include "device/abi/rescue_frame.h"

#define ANSWER_PREFIX "monitor: rescue "
#define ANSWER_TIMEOUT_MS 60000
#define FRAME_REPEAT_COUNT_MAX 5

/* One board, one file, the frame that was sent last. */
struct rescue {
    const char *name;
    const struct slot_file *file;
    int wire;
    bool begun;
    bool done;
    uint32_t repeat_count;
    uint8_t frame[RESCUE_FRAME_SIZE_BYTES_MAX];
    size_t frame_size;
};

/* The board takes bytes as it reads them. */
static struct outcome send_again(struct rescue *rescue)
{
    for (size_t sent = 0; sent < rescue->frame_size;) {
        struct pollfd ready = {rescue->wire, POLLOUT, 0};
        ssize_t count = write(rescue->wire, rescue->frame + sent, rescue->frame_size - sent);
        if (count < 0 && errno == EAGAIN && poll(&ready, 1, ANSWER_TIMEOUT_MS) > 0) {
            continue;
        }
        if (count < 0 && errno == EINTR) {
            continue;
        }
        if (count <= 0) {
            return outcome_refused("the board '%s' takes no bytes any more", rescue->name);
        }
        sent += (size_t)count;
    }
    return OUTCOME_OK;
}

static struct outcome send_frame(struct rescue *rescue, const struct rescue_frame *frame)
{
    struct writer writer;
    writer_init(&writer, rescue->frame, sizeof rescue->frame);
    rescue_frame_encode(frame, &writer);
    if (!writer_ok(&writer)) {
        return outcome_refused("the image's key set and manifest are too long");
    }
    rescue->frame_size = writer.size;
    return send_again(rescue);
}

static struct outcome send_begin(struct rescue *rescue)
{
    const struct image_file *parts = &rescue->file->parts;
    uint8_t payload[RESCUE_PAYLOAD_SIZE_BYTES_MAX];
    struct writer writer;
    writer_init(&writer, payload, sizeof payload);
    writer_u16(&writer, (uint16_t)parts->header.keyset.size);
    writer_bytes(&writer, parts->header.keyset);
    writer_u16(&writer, (uint16_t)parts->header.manifest.size);
    writer_bytes(&writer, parts->header.manifest);
    rescue->begun = true;
    return send_frame(rescue, &(struct rescue_frame){RESCUE_BEGIN, 0, writer_span(&writer)});
}

/* What the board asks for next. The size is the manifest's, which the board has verified, and may differ from the
 * file's. */
static struct outcome send_next(struct rescue *rescue, uint32_t offset, uint32_t size)
{
    struct span image = rescue->file->parts.image;
    if (offset == size) {
        return send_frame(rescue, &(struct rescue_frame){.type = RESCUE_FINISH});
    }
    if (image.size != size || offset > size) {
        return outcome_refused("the image file has %zu bytes of image, its manifest says %u", image.size, size);
    }
    uint32_t piece = size - offset < RESCUE_PAYLOAD_SIZE_BYTES_MAX ? size - offset : RESCUE_PAYLOAD_SIZE_BYTES_MAX;
    return send_frame(rescue, &(struct rescue_frame){RESCUE_DATA, offset, span_of(image.data + offset, piece)});
}

static struct outcome take_error(struct rescue *rescue, struct error error)
{
    if (error_is(error, ERROR_CODE_MONITOR_FRAME) && ++rescue->repeat_count <= FRAME_REPEAT_COUNT_MAX) {
        return send_again(rescue);
    }
    return outcome_refused("the board refuses the image: %s (0x%04x)", error_text(error), (unsigned)error.code);
}

/* The rest of a line behind ANSWER_PREFIX. */
static struct outcome take_answer(struct rescue *rescue, const char *line, const char *answer)
{
    unsigned offset = 0;
    unsigned size = 0;
    struct error error;
    if (strcmp(answer, "waits") == 0) {
        return rescue->begun ? OUTCOME_OK : send_begin(rescue);
    }
    if (strcmp(answer, "done") == 0) {
        rescue->done = true;
        return OUTCOME_OK;
    }
    if (sscanf(answer, "%u of %u", &offset, &size) == 2) {
        rescue->repeat_count = 0;
        return send_next(rescue, offset, size);
    }
    return console_find_error(line, &error) ? take_error(rescue, error)
                                            : outcome_refused("the board '%s' gave up", rescue->name);
}

static struct outcome take_line(struct rescue *rescue, const char *line)
{
    char text[LINES_SIZE_BYTES_MAX + 1];
    snprintf(text, sizeof text, "%s", line);
    text_clean(text);
    printf("[%s] %s\n", rescue->name, text);
    fflush(stdout);
    if (strncmp(text, ANSWER_PREFIX, sizeof ANSWER_PREFIX - 1) == 0) {
        return take_answer(rescue, text, text + sizeof ANSWER_PREFIX - 1);
    }
    if (strncmp(text, "monitor: start ", 15) == 0) {
        return outcome_refused("the board '%s' has a base that boots; give it another one by 'sopris rollout start'",
                               rescue->name);
    }
    return OUTCOME_OK;
}

static struct outcome serve(struct rescue *rescue)
{
    struct lines lines;
    lines_init(&lines);
    while (!rescue->done) {
        struct pollfd ready = {rescue->wire, POLLIN, 0};
        const char *line;
        if (poll(&ready, 1, ANSWER_TIMEOUT_MS) <= 0 || !lines_fill(&lines, rescue->wire)) {
            return outcome_refused("the board '%s' says nothing; does its monitor boot?", rescue->name);
        }
        while (!rescue->done && (line = lines_next(&lines)) != NULL) {
            PROCEED(take_line(rescue, line));
        }
    }
    printf("rescued; next: 'sopris board run %s'\n", rescue->name);
    return OUTCOME_OK;
}

static struct outcome run_board_rescue(const struct invocation *invocation)
{
    static struct rescue rescue;
    struct slot_file file;
    struct qemu qemu;
    int lock = -1;
    rescue = (struct rescue){.name = invocation->positionals[0], .file = &file};
    PROCEED(board_check_exists(&invocation->workspace, rescue.name));
    struct file_path folder = workspace_path(&invocation->workspace, "boards/%s", rescue.name);
    const struct qemu_launch launch = {.folder = folder.text, .guest_address = MONITOR_RENDEZVOUS_HOST};
    PROCEED(slot_file_open(invocation->positionals[1], &file));
    struct outcome outcome = board_lock(folder.text, rescue.name, &lock);
    if (outcome_is_ok(outcome)) {
        outcome = qemu_start(&launch, &qemu);
    }
    if (outcome_is_ok(outcome)) {
        rescue.wire = qemu.console;
        outcome = serve(&rescue);
        qemu_stop(&qemu);
    }
    if (lock >= 0) {
        close(lock);
    }
    slot_file_close(&file);
    return outcome;
}

const struct command board_rescue_command = {
    .group = "board",
    .name = "rescue",
    .arguments = "NAME IMAGE",
    .summary = "give a board a base over its UART when it has none left",
    .help = "Switches a board on, whose two base slots are both bad, and sends it a signed base over its UART. The board's\n"
            "monitor verifies it as it does an update, before it erases anything: what it refuses, it says why.\n\n"
            "  sopris board rescue kitchen base.img\n\n"
            "Next: 'sopris board run kitchen'.",
    .positional_min = 2,
    .positional_max = 2,
    .run = run_board_rescue,
};
