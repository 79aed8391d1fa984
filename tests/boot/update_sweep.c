/* Power cuts over updates on the host board: while an image is received, whole or as a patch, made active, tried,
 * confirmed. Each flash operation is cut in each way, and a second cut comes during the recovery. Afterwards (T-07)
 *   - every start boots the old image or the new one, at the first try: the record never names a slot that does not boot;
 *   - a header stands in front of a whole image or does not stand;
 *   - what is confirmed stays, and the update is whole in the end.
 *     update_sweep [complete]
 * Without "complete" some operations are cut. UPDATE_SWEEP=must-fail in the environment is for the twin that writes the
 * record before the header: the sweep must find it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/writer.h"
#include "device/abi/flash_map.h"
#include "device/abi/monitor_call.h"
#include "device/boards/host/host_board.h"
#include "device/hal/memory.h"
#include "device/monitor/fixture_test.h"
#include "device/monitor/monitor.h"
#include "device/monitor/state.h"
#include "device/rom/rom.h"
#include "formats/patch/patch_apply.h"
#include "formats/patch/patch_make.h"

#define IMAGE_SIZE_BYTES 9002
#define SEQUENCE_OLD 7
#define SEQUENCE_NEW 8
#define BOOT_COUNT_MAX 5
#define SAMPLE_STEP 83
#define SAMPLE_STEP_SECOND 131
#define SAMPLE_STEP_SECOND_COMPLETE 23
/* Operations at the end of a start that decide: the end of the header, the record. */
#define COMMIT_COUNT 20
#define FLASH_USED_SIZE (FLASH_APP_B_OFFSET + FLASH_APP_SLOT_SIZE)

struct cut {
    bool armed;
    uint32_t operation;
    enum host_cut kind;
};

static const struct cut no_cut;

static enum component component;
static bool by_patch;
static uint8_t new_file[SLOT_HEADER_SIZE_BYTES + IMAGE_SIZE_BYTES];
static uint8_t patch_file[SLOT_HEADER_SIZE_BYTES + IMAGE_SIZE_BYTES];
static size_t patch_size_bytes;
static uint8_t seed[32] = {1};
static struct error start_error;
static uint32_t running_sequence;
static bool settled; /* the new image runs and is confirmed */
static unsigned cut_count;
static unsigned failure_count;

static void fail(const char *what)
{
    failure_count++;
    if (failure_count == 1) {
        struct span console = host_board_console();
        fprintf(stderr, "%s\n%.*s\n", what, (int)console.size, (const char *)console.data);
    }
}

static struct error call(uint32_t number, struct span in)
{
    static uint8_t reply[MONITOR_MAILBOX_DATA_SIZE_BYTES];
    struct buffer out = BUFFER_OF(reply);
    return monitor_dispatch(number, in, &out);
}

/* The next bytes of the image. */
static struct error bring(struct span bytes)
{
    static uint8_t request[MONITOR_MAILBOX_DATA_SIZE_BYTES];
    struct writer writer;
    writer_init(&writer, request, sizeof(request));
    writer_u32(&writer, monitor.update.offset_bytes);
    writer_bytes(&writer, bytes);
    return call(MONITOR_CALL_UPDATE_WRITE, writer_span(&writer));
}

/* Gathers whole pieces of the monitor's, as the agent does. */
static struct error gather(void *context, struct span bytes)
{
    static uint8_t piece[MONITOR_UPDATE_PIECE_SIZE_BYTES_MAX];
    size_t *size = context;
    for (size_t index = 0; index < bytes.size; index++) {
        piece[(*size)++] = bytes.data[index];
        if (*size == sizeof(piece) || monitor.update.offset_bytes + *size == IMAGE_SIZE_BYTES) {
            TRY(bring(span_of(piece, *size)));
            *size = 0;
        }
    }
    return ERROR_NONE;
}

static struct error read_base(void *context, uint32_t offset_bytes, uint8_t *out, size_t size_bytes)
{
    uint8_t request[7];
    struct writer writer;
    struct buffer reply = {out, size_bytes, 0};
    (void)context;
    writer_init(&writer, request, sizeof(request));
    writer_u8(&writer, (uint8_t)component);
    writer_u32(&writer, offset_bytes);
    writer_u16(&writer, (uint16_t)size_bytes);
    return monitor_dispatch(MONITOR_CALL_SLOT_READ, writer_span(&writer), &reply);
}

static struct error receive_patch(void)
{
    static struct patch_apply apply;
    size_t gathered = 0;
    const struct patch_apply_ends ends = {read_base, gather, &gathered};
    struct patch_head head;
    size_t head_size = 0;
    TRY(patch_head_parse(span_of(patch_file, patch_size_bytes), &head, &head_size));
    TRY(patch_apply_init(&apply, &head, monitor.update.offset_bytes, &ends));
    TRY(patch_apply_bytes(&apply, span_of(patch_file + head_size, patch_size_bytes - head_size)));
    return patch_apply_finish(&apply);
}

static struct error receive_whole(void)
{
    for (uint32_t offset = monitor.update.offset_bytes; offset < IMAGE_SIZE_BYTES; offset = monitor.update.offset_bytes) {
        uint32_t left = IMAGE_SIZE_BYTES - offset;
        uint32_t size = left < MONITOR_UPDATE_PIECE_SIZE_BYTES_MAX ? left : MONITOR_UPDATE_PIECE_SIZE_BYTES_MAX;
        TRY(bring(span_of(new_file + SLOT_HEADER_SIZE_BYTES + offset, size)));
    }
    return ERROR_NONE;
}

/* What the agent does with an offer. */
static struct error receive(void)
{
    static uint8_t request[MONITOR_MAILBOX_DATA_SIZE_BYTES];
    struct slot_header header;
    struct writer writer;
    TRY(slot_header_parse(span_of(new_file, SLOT_HEADER_SIZE_BYTES), &header));
    writer_init(&writer, request, sizeof(request));
    writer_u16(&writer, (uint16_t)header.keyset.size);
    writer_bytes(&writer, header.keyset);
    writer_u16(&writer, (uint16_t)header.manifest.size);
    writer_bytes(&writer, header.manifest);
    TRY(call(MONITOR_CALL_UPDATE_BEGIN, writer_span(&writer)));
    TRY(by_patch ? receive_patch() : receive_whole());
    return call(MONITOR_CALL_UPDATE_FINISH, SPAN_EMPTY);
}

static void monitor_program(void)
{
    running_sequence = 0;
    start_error = monitor_start();
    if (!error_is_none(start_error)) {
        return;
    }
    for (size_t index = 0; index < monitor.measurement_count; index++) {
        if (monitor.measurements[index].component == component) {
            running_sequence = monitor.measurements[index].sequence;
        }
    }
    monitor.ticket.accepted = true; /* There is contact. */
    start_error = call(MONITOR_CALL_CONFIRM, SPAN_EMPTY);
    if (!error_is_none(start_error)) {
        return;
    }
    if (running_sequence == SEQUENCE_NEW) {
        settled = true;
    } else {
        start_error = receive();
    }
}

/* One start, as far as it gets; true if the power went. */
static bool start(struct cut cut)
{
    seed[1]++;
    host_board_power_on(seed);
    if (cut.armed) {
        host_board_cut_power(cut.operation, cut.kind);
    }
    enum host_event event = host_board_run(rom_boot);
    if (event == HOST_EVENT_STARTED) {
        event = host_board_run(monitor_program);
    }
    if (event == HOST_EVENT_POWER_CUT) {
        return true;
    }
    struct span console = host_board_console();
    if (event != HOST_EVENT_RETURNED || !error_is_none(start_error)) {
        fail("a start failed");
    } else if (memmem(console.data, console.size, " slot ", 6) != NULL) {
        fail("a slot was refused");
    } else if (memmem(console.data, console.size, "record", 6) != NULL) {
        fail("the record is lost");
    } else if (running_sequence != SEQUENCE_OLD && running_sequence != SEQUENCE_NEW) {
        fail("neither old nor new");
    }
    return false;
}

/* A slot whose header would be believed holds the image that belongs to it. */
static void check_slots(void)
{
    for (uint32_t slot_index = 0; slot_index < SLOT_COUNT; slot_index++) {
        const uint8_t *slot = host_board_flash() + slot_offset_bytes(component, slot_index);
        struct slot_header header;
        struct manifest manifest;
        if (!error_is_none(slot_header_parse(span_of(slot, SLOT_HEADER_SIZE_BYTES), &header)) ||
            !error_is_none(manifest_parse(header.manifest, &manifest))) {
            continue;
        }
        struct sha256_digest digest = sha256_of(span_of(slot + SLOT_HEADER_SIZE_BYTES, manifest.image_size_bytes));
        if (!span_equal(SPAN_OF(digest.bytes), SPAN_OF(manifest.image_digest.bytes))) {
            fail("a header without its image");
        }
    }
}

static void recover(bool was_settled)
{
    settled = false;
    for (uint32_t boot = 0; boot < BOOT_COUNT_MAX && !settled; boot++) {
        (void)start(no_cut);
        check_slots();
        if (was_settled && running_sequence != SEQUENCE_NEW) {
            fail("what was confirmed is gone");
        }
    }
    if (!settled) {
        fail("the update is not whole in the end");
    }
}

static void flash_keep(uint8_t *kept)
{
    memcpy(kept, host_board_flash(), FLASH_USED_SIZE);
}

static void flash_restore(const uint8_t *kept)
{
    memcpy(host_board_flash(), kept, FLASH_USED_SIZE);
}

/* The power goes once more, in the start after the one that was cut. */
static void sweep_second(uint32_t step, uint32_t first, bool was_settled)
{
    static uint8_t kept[FLASH_USED_SIZE];
    flash_keep(kept);
    (void)start(no_cut);
    uint32_t count = host_board_operation_count();
    for (uint32_t operation = first % step; operation < count; operation += step) {
        flash_restore(kept);
        cut_count += start((struct cut){true, operation, (enum host_cut)(operation % HOST_CUT_COUNT)}) ? 1 : 0;
        check_slots();
        recover(was_settled);
    }
    flash_restore(kept);
}

static void cut_once(const uint8_t *kept, struct cut cut, uint32_t second_step, bool was_settled)
{
    flash_restore(kept);
    cut_count += start(cut) ? 1 : 0;
    check_slots();
    if (second_step != 0) {
        sweep_second(second_step, cut.operation, was_settled);
    }
    recover(was_settled);
}

/* Receive and finish; try and confirm; run on. */
static void sweep(bool complete)
{
    static uint8_t kept[FLASH_USED_SIZE];
    for (uint32_t boot = 0; boot < 3; boot++) {
        bool was_settled = boot == 2;
        flash_keep(kept);
        (void)start(no_cut);
        uint32_t count = host_board_operation_count();
        uint32_t step = complete ? 1 : SAMPLE_STEP;
        for (uint32_t operation = 0; operation < count; operation += operation + COMMIT_COUNT < count ? step : 1) {
            /* Sampled: before and torn high, or torn low and after, in turn. */
            for (int kind = complete ? 0 : (int)(operation % 2); kind < HOST_CUT_COUNT; kind += complete ? 1 : 2) {
                bool again = kind <= HOST_CUT_TORN_LOW && operation % SAMPLE_STEP == 0;
                uint32_t second_step = complete ? SAMPLE_STEP_SECOND_COMPLETE : SAMPLE_STEP_SECOND;
                cut_once(kept, (struct cut){true, operation, (enum host_cut)kind}, again ? second_step : 0,
                         was_settled);
            }
        }
        flash_restore(kept);
        (void)start(no_cut);
    }
}

static void patch_file_make(struct span old_file)
{
    static struct patch_workspace workspace;
    const struct patch_label label = {.keyset = span_of(new_file, 1), .manifest = span_of(new_file, 1)};
    struct writer writer;
    writer_init(&writer, patch_file, sizeof(patch_file));
    struct span base = span_of(old_file.data + SLOT_HEADER_SIZE_BYTES, old_file.size - SLOT_HEADER_SIZE_BYTES);
    fixture_expect_none(patch_make(&label, base, span_of(new_file + SLOT_HEADER_SIZE_BYTES, IMAGE_SIZE_BYTES),
                                   &workspace, &writer));
    patch_size_bytes = writer.size;
}

static void board_make(void)
{
    static uint8_t content[IMAGE_SIZE_BYTES];
    static uint8_t old_content[IMAGE_SIZE_BYTES - 100];
    bool is_app = component == COMPONENT_APP;
    struct fixture_image image = {.component = component,
                                  .sequence = SEQUENCE_NEW,
                                  .root = is_app ? "alice" : "maker",
                                  .signer = is_app ? "alice app" : "release",
                                  .content = SPAN_OF(content)};
    (void)fixture_setup(NULL);
    fixture_must_boot();
    if (is_app) {
        fixture_claim_board("alice", 1);
    }
    /* Starts until now must not count as attempts. */
    (void)fixture_must_call(MONITOR_CALL_CONFIRM, SPAN_EMPTY);
    /* Blank words take no operation: enough of the others that each block has some at either end. */
    memset(content, 0xFF, sizeof(content));
    for (size_t offset = 0; offset < sizeof(content); offset += 500) {
        content[offset] = 0x5A;
    }
    struct span file = fixture_slot(&image);
    memcpy(new_file, file.data, file.size);
    /* Two good old images: the one that is overwritten must not be believed once it is. */
    memcpy(old_content, content + 100, sizeof(old_content));
    old_content[0] = 1;
    for (image.slot_index = 0; image.slot_index < SLOT_COUNT; image.slot_index++) {
        image.sequence = SEQUENCE_OLD - image.slot_index;
        image.content = image.slot_index == 0 ? SPAN_OF(old_content) : SPAN_EMPTY;
        image.fill = 0x44;
        if (image.slot_index == 0) {
            patch_file_make(fixture_slot(&image));
        }
        fixture_write_slot(&image);
    }
}

int main(int count, char **arguments)
{
    static const struct {
        enum component component;
        bool by_patch;
    } cases[] = {{COMPONENT_BASE, false}, {COMPONENT_MONITOR, false}, {COMPONENT_APP, false}, {COMPONENT_BASE, true}};
    const char *mode = getenv("UPDATE_SWEEP");
    bool must_fail = mode != NULL && strcmp(mode, "must-fail") == 0;
    bool complete = count > 1 && strcmp(arguments[1], "complete") == 0;
    for (size_t index = 0; index < sizeof(cases) / sizeof(cases[0]); index++) {
        component = cases[index].component;
        by_patch = cases[index].by_patch;
        board_make();
        sweep(complete);
        printf("updates of %s%s: ", component_name(component), by_patch ? " by patch" : "");
        printf("%u power cuts, %u failures so far%s\n", cut_count, failure_count, must_fail ? " (some are expected)" : "");
        (void)fixture_teardown(NULL);
    }
    return (failure_count != 0) == must_fail && cut_count > 0 ? 0 : 1;
}
