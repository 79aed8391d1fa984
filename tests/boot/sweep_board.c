#include "tests/boot/sweep_board.h"

#include <stdio.h>
#include <string.h>

#include "base/writer.h"
#include "device/abi/flash_map.h"
#include "device/abi/monitor_call.h"
#include "device/boards/host/host_board.h"
#include "device/hal/counter.h"
#include "device/monitor/fixture_test.h"
#include "device/monitor/monitor.h"
#include "device/monitor/slot_copy.h"
#include "device/monitor/state.h"
#include "device/rom/rom.h"
#include "formats/patch/patch_apply.h"
#include "formats/patch/patch_make.h"

#define IMAGE_SIZE_BYTES 9002
#define SEQUENCE_OLD 7
#define SEQUENCE_NEW 8
#define GENERATION_OLD 1
#define GENERATION_NEW 6
/* Enough for three images to be read, copied and hashed, a kilobyte a tick. */
#define TICK_COUNT 64
#define WORN_COUNT ((FLASH_APP_B_OFFSET + FLASH_APP_SLOT_SIZE) / FLASH_BLOCK_SIZE)

struct sweep_board sweep_board;

static enum component component;
static bool by_patch;
static uint8_t new_file[SLOT_HEADER_SIZE_BYTES + IMAGE_SIZE_BYTES];
static uint8_t patch_file[SLOT_HEADER_SIZE_BYTES + IMAGE_SIZE_BYTES];
static size_t patch_size_bytes;
static uint8_t control_keyset[KEYSET_SIZE_BYTES_MAX];
static uint8_t app_keyset[KEYSET_SIZE_BYTES_MAX];
static size_t control_size_bytes;
static size_t app_size_bytes;
static struct sha256_digest roots[2]; /* maker, owner */
static struct error start_error;
static uint32_t running_sequence;

static void fail(const char *what)
{
    sweep_board.failure_count++;
    if (sweep_board.failure_count == 1) {
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

static void facts_read(void)
{
    running_sequence = 0;
    for (size_t index = 0; index < monitor.measurement_count; index++) {
        if (monitor.measurements[index].component == component) {
            running_sequence = monitor.measurements[index].sequence;
        }
    }
}

/* What the service sends to a device of lower generations. */
static struct error keysets_take(void)
{
    TRY(call(MONITOR_CALL_KEYSET, span_of(control_keyset, control_size_bytes)));
    return call(MONITOR_CALL_KEYSET, span_of(app_keyset, app_size_bytes));
}

/* No floor and no set goes back from one start to the next. */
static void generations_check(void)
{
    uint32_t floor = 0;
    if (!error_is_none(hal_counter_read(HAL_COUNTER_RELEASE_GENERATION, &floor)) || floor < sweep_board.floor ||
        monitor.owner.app.generation < sweep_board.app_generation ||
        monitor.owner.control.generation < sweep_board.control_generation) {
        fail("a counter or a key set went back");
    }
    sweep_board.floor = floor;
    sweep_board.app_generation = monitor.owner.app.generation;
    sweep_board.control_generation = monitor.owner.control.generation;
}

static bool is_settled(void)
{
    bool floors = component == COMPONENT_APP ? monitor.owner.app.generation == GENERATION_NEW
                                             : by_patch || sweep_board.floor == GENERATION_NEW;
    return running_sequence == SEQUENCE_NEW && slot_copy_is_done(component) && floors;
}

/* A start in which there is contact. */
static void monitor_program(void)
{
    start_error = monitor_start();
    if (!error_is_none(start_error)) {
        return;
    }
    facts_read();
    generations_check();
    monitor.ticket.accepted = true;
    start_error = call(MONITOR_CALL_CONFIRM, SPAN_EMPTY);
    if (error_is_none(start_error) && component == COMPONENT_APP) {
        start_error = monitor.claimed ? keysets_take() : ERROR(MONITOR, STATE);
    }
    if (!error_is_none(start_error)) {
        return;
    }
    if (running_sequence == SEQUENCE_OLD) {
        start_error = receive();
        return;
    }
    for (size_t tick = 0; tick < TICK_COUNT; tick++) {
        monitor_tick();
    }
    generations_check();
    sweep_board.settled = is_settled();
}

bool sweep_board_start(const struct sweep_cut *cut)
{
    /* The same seed, so that the same start leaves the same flash. */
    static const uint8_t seed[32] = {1};
    running_sequence = 0;
    host_board_power_on(seed);
    if (cut != NULL) {
        host_board_cut_power(cut->operation, cut->kind);
    }
    sweep_board.start_count++;
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
    } else if (sweep_board.was_settled && running_sequence != SEQUENCE_NEW) {
        fail("what was confirmed is gone");
    }
    return false;
}

/* The floor that would be held against this slot. */
static uint32_t floor_of(enum component of)
{
    uint32_t floor = 0;
    if (of == COMPONENT_APP) {
        return sweep_board.app_generation;
    }
    if (!error_is_none(hal_counter_read(HAL_COUNTER_RELEASE_GENERATION, &floor))) {
        fail("a counter is unreadable");
    }
    return floor;
}

static void slot_check(enum component of, uint32_t slot_index)
{
    const uint8_t *slot = host_board_flash() + slot_offset_bytes(of, slot_index);
    enum keyset_kind kind = of == COMPONENT_APP ? KEYSET_APP : KEYSET_RELEASE;
    struct slot_header header;
    struct manifest manifest;
    struct keyset keyset;
    if (!error_is_none(slot_header_parse(span_of(slot, SLOT_HEADER_SIZE_BYTES), &header)) ||
        !error_is_none(manifest_parse(header.manifest, &manifest)) ||
        !error_is_none(keyset_parse(header.keyset, kind, &roots[of == COMPONENT_APP ? 1 : 0], &keyset))) {
        return;
    }
    struct sha256_digest digest = sha256_of(span_of(slot + SLOT_HEADER_SIZE_BYTES, manifest.image_size_bytes));
    if (!span_equal(SPAN_OF(digest.bytes), SPAN_OF(manifest.image_digest.bytes))) {
        fail("a header without its image");
    }
    if (keyset.generation < floor_of(of)) {
        fail("a slot that stands is below its floor");
    }
}

void sweep_board_check(void)
{
    for (uint32_t slot_index = 0; slot_index < SLOT_COUNT; slot_index++) {
        slot_check(component, slot_index);
        if (component != COMPONENT_APP) {
            slot_check(component == COMPONENT_BASE ? COMPONENT_MONITOR : COMPONENT_BASE, slot_index);
        }
    }
}

void sweep_board_expect_settled(void)
{
    if (!sweep_board.settled) {
        fail("the update is not whole in the end");
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

static size_t keyset_keep(enum keyset_kind kind, const char *key, uint8_t *out)
{
    struct span keyset = fixture_keyset(kind, "alice", key, GENERATION_NEW);
    memcpy(out, keyset.data, keyset.size);
    return keyset.size;
}

/* Of monitor and base the one that is not updated is of the new key set already, in both slots: with the update the floor
 * rises. */
static void other_of_new_set(void)
{
    enum component other = component == COMPONENT_BASE ? COMPONENT_MONITOR : COMPONENT_BASE;
    struct fixture_image image = {.component = other,
                                  .sequence = 9,
                                  .root = "maker",
                                  .signer = "new release",
                                  .generation = GENERATION_NEW,
                                  .fill = 0x66};
    for (image.slot_index = 0; image.slot_index < SLOT_COUNT; image.slot_index++) {
        fixture_write_slot(&image);
    }
}

static void board_make(void)
{
    static uint8_t content[IMAGE_SIZE_BYTES];
    static uint8_t old_content[IMAGE_SIZE_BYTES - 100];
    bool is_app = component == COMPONENT_APP;
    struct fixture_image image = {.component = component,
                                  .sequence = SEQUENCE_NEW,
                                  .root = is_app ? "alice" : "maker",
                                  .signer = is_app ? "new app" : "new release",
                                  .generation = GENERATION_NEW,
                                  .content = SPAN_OF(content)};
    (void)fixture_setup(NULL);
    roots[0] = fixture_key("maker").digest;
    roots[1] = fixture_key("alice").digest;
    if (!is_app && !by_patch) {
        other_of_new_set();
    }
    fixture_must_boot();
    if (is_app) {
        fixture_claim_board("alice", 1);
        control_size_bytes = keyset_keep(KEYSET_CONTROL, "new control", control_keyset);
        app_size_bytes = keyset_keep(KEYSET_APP, "new app", app_keyset);
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
    image.signer = is_app ? "alice app" : "release";
    image.generation = GENERATION_OLD;
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


void sweep_board_make(enum component of, bool as_patch)
{
    component = of;
    by_patch = as_patch;
    board_make();
    sweep_board.floor = 0;
    sweep_board.app_generation = 0;
    sweep_board.control_generation = 0;
    sweep_board.settled = false;
    sweep_board.was_settled = false;
}

/* Since the program started. */
static void erases(uint32_t counts[WORN_COUNT])
{
    for (uint32_t block = 0; block < WORN_COUNT; block++) {
        counts[block] = host_board_erase_count(block * FLASH_BLOCK_SIZE);
    }
}

void sweep_board_print_wear(void)
{
    static const struct {
        const char *name;
        uint32_t from;
        uint32_t size;
    } regions[] = {{"record", FLASH_BOOT_RECORD_OFFSET, FLASH_BOOT_RECORD_SIZE},
                   {"claim", FLASH_CLAIM_OFFSET, FLASH_CLAIM_SIZE},
                   {"journal", FLASH_UPDATE_OFFSET, FLASH_UPDATE_SIZE},
                   {"slots", FLASH_MONITOR_A_OFFSET, FLASH_APP_B_OFFSET + FLASH_APP_SLOT_SIZE - FLASH_MONITOR_A_OFFSET}};
    static uint32_t before[WORN_COUNT];
    static uint32_t now[WORN_COUNT];
    erases(before);
    while (!sweep_board.settled) {
        (void)sweep_board_start(NULL);
    }
    erases(now);
    printf("  erases of one update, %u blocks and a header a slot, and of the block worn most:",
           (IMAGE_SIZE_BYTES + FLASH_BLOCK_SIZE - 1) / FLASH_BLOCK_SIZE);
    for (size_t index = 0; index < sizeof(regions) / sizeof(regions[0]); index++) {
        uint32_t sum = 0;
        uint32_t most = 0;
        uint32_t end = (regions[index].from + regions[index].size) / FLASH_BLOCK_SIZE;
        for (uint32_t block = regions[index].from / FLASH_BLOCK_SIZE; block < end; block++) {
            uint32_t count = now[block] - before[block];
            sum += count;
            most = count > most ? count : most;
        }
        printf(" %s %u, %u;", regions[index].name, sum, most);
    }
    printf("\n");
}
