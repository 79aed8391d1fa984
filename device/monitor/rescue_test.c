/* A base over the wire: what stands afterwards, what is refused and with which line, noise and silence (T-04, T-05). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "device/abi/flash_map.h"
#include "device/abi/rescue_frame.h"
#include "device/boards/host/host_board.h"
#include "device/monitor/fixture_test.h"
#include "device/monitor/rescue.h"
#include "device/monitor/state.h"

#define PIECE_SIZE_BYTES 1000

static uint8_t wire[4 * FIXTURE_IMAGE_SIZE_BYTES_MAX];
static struct writer typed;
static uint8_t file[SLOT_HEADER_SIZE_BYTES + FIXTURE_IMAGE_SIZE_BYTES_MAX];

static const struct fixture_image good = {
    .component = COMPONENT_BASE, .sequence = 6, .root = "maker", .signer = "release", .fill = 0x66};

static void type_frame(uint8_t type, uint32_t offset_bytes, struct span payload)
{
    rescue_frame_encode(&(struct rescue_frame){type, offset_bytes, payload}, &typed);
    assert_true(writer_ok(&typed));
}

static struct span take_image(const struct fixture_image *image)
{
    struct span slot = fixture_slot(image);
    assert_in_range(slot.size, SLOT_HEADER_SIZE_BYTES + 1, sizeof(file));
    memcpy(file, slot.data, slot.size);
    return span_of(file, slot.size);
}

static void type_begin(struct span slot)
{
    struct slot_header header;
    uint8_t payload[RESCUE_PAYLOAD_SIZE_BYTES_MAX];
    struct writer writer;
    fixture_expect_none(slot_header_parse(span_of(slot.data, SLOT_HEADER_SIZE_BYTES), &header));
    writer_init(&writer, payload, sizeof(payload));
    writer_u16(&writer, (uint16_t)header.keyset.size);
    writer_bytes(&writer, header.keyset);
    writer_u16(&writer, (uint16_t)header.manifest.size);
    writer_bytes(&writer, header.manifest);
    type_frame(RESCUE_BEGIN, 0, writer_span(&writer));
}

static void type_data(struct span slot, uint32_t from_bytes)
{
    uint32_t size = (uint32_t)(slot.size - SLOT_HEADER_SIZE_BYTES);
    for (uint32_t offset = from_bytes; offset < size; offset += PIECE_SIZE_BYTES) {
        uint32_t piece = size - offset < PIECE_SIZE_BYTES ? size - offset : PIECE_SIZE_BYTES;
        type_frame(RESCUE_DATA, offset, span_of(slot.data + SLOT_HEADER_SIZE_BYTES + offset, piece));
    }
}

static void type_all(struct span slot)
{
    type_begin(slot);
    type_data(slot, 0);
    type_frame(RESCUE_FINISH, 0, SPAN_EMPTY);
}

static void run(void)
{
    rescue_run();
}

/* Boots into the rescue, which gets what was typed. */
static void serve(void)
{
    fixture_expect_error(fixture_boot(), ERROR_CODE_BOOT_NO_SLOT);
    host_board_type(writer_span(&typed));
    assert_int_equal(host_board_run(run), HOST_EVENT_RETURNED);
    writer_init(&typed, wire, sizeof(wire));
}

static void assert_says(const char *line)
{
    if (!fixture_console_has(line)) {
        struct span console = host_board_console();
        fail_msg("the console has no '%s':\n%.*s", line, (int)console.size, (const char *)console.data);
    }
}

static void a_base_over_the_wire_boots(void **state)
{
    (void)state;
    type_all(take_image(&good));
    serve();
    assert_says("monitor: rescue waits");
    assert_says("monitor: rescue 0 of 3000");
    assert_says("monitor: rescue 2000 of 3000");
    assert_says("monitor: rescue done");
    fixture_must_boot();
    assert_int_equal(monitor.measurements[1].sequence, 6);
    assert_true(fixture_console_has("monitor: base b 6"));
}

/* Each fault has a line of its own, and nothing is erased for it: the flash is the same afterwards. */
static void faults_are_refused_before_anything_is_erased(void **state)
{
    (void)state;
    static const struct {
        struct fixture_image image;
        const char *line;
    } cases[] = {
        {{.root = "thief", .signer = "release"}, "monitor: rescue 0x0402"},
        {{.root = "maker", .signer = "release", .manifest_signer = "thief"}, "monitor: rescue 0x0304"},
        {{.root = "maker", .signer = "release", .vendor_flip = 1}, "monitor: rescue 0x0306"},
        {{.root = "maker", .signer = "release", .class_flip = 1}, "monitor: rescue 0x0307"},
        {{.root = "maker", .signer = "release", .sequence_min = 7}, "monitor: rescue 0x0309"},
        {{.root = "maker", .signer = "release", .size_added = 0x100000}, "monitor: rescue 0x030a"},
        {{.root = "maker", .signer = "release", .component = COMPONENT_MONITOR}, "monitor: rescue 0x0308"},
    };
    static uint8_t before[0x200000];
    for (size_t index = 0; index < sizeof(cases) / sizeof(cases[0]); index++) {
        struct fixture_image image = cases[index].image;
        image.component = image.component != 0 ? image.component : COMPONENT_BASE;
        image.sequence = 6;
        type_begin(take_image(&image));
        uint32_t slots_offset = slot_offset_bytes(COMPONENT_MONITOR, 0);
        memcpy(before, host_board_flash() + slots_offset, sizeof(before));
        serve();
        assert_says(cases[index].line);
        assert_memory_equal(before, host_board_flash() + slots_offset, sizeof(before));
    }
}

static void a_flipped_signature_or_byte_is_refused(void **state)
{
    (void)state;
    struct span slot = take_image(&good);
    struct slot_header header;
    fixture_expect_none(slot_header_parse(span_of(file, SLOT_HEADER_SIZE_BYTES), &header));
    file[12 + header.keyset.size - 1] ^= 1;
    type_begin(slot);
    file[12 + header.keyset.size - 1] ^= 1;
    file[SLOT_HEADER_SIZE_BYTES + 1500] ^= 1;
    type_all(slot);
    serve();
    assert_says("monitor: rescue 0x0403");
    assert_says("monitor: rescue 2000 of 3000");
    assert_says("monitor: rescue 0x030b");
    assert_says("monitor: rescue ends");
    fixture_expect_error(fixture_boot(), ERROR_CODE_BOOT_NO_SLOT);
}

static void damaged_frames_are_sent_again(void **state)
{
    (void)state;
    struct span slot = take_image(&good);
    static const char noise[] = "RSCRSRSCnoise\r\n";
    writer_bytes(&typed, span_of(noise, sizeof(noise)));
    type_begin(slot);
    wire[typed.size - 100] ^= 1;
    type_begin(slot);
    size_t first = typed.size;
    type_frame(RESCUE_DATA, 0, span_of(slot.data + SLOT_HEADER_SIZE_BYTES, 1000));
    wire[first + 500] ^= 0x80;
    type_frame(RESCUE_DATA, 1000, span_of(slot.data + SLOT_HEADER_SIZE_BYTES + 1000, 1000)); /* not in order */
    type_frame(9, 0, SPAN_EMPTY);
    type_frame(RESCUE_FINISH, 0, SPAN_EMPTY); /* not whole */
    type_data(slot, 0);
    type_frame(RESCUE_FINISH, 0, SPAN_EMPTY);
    serve();
    assert_says("monitor: rescue 0x0c0c");
    assert_says("monitor: rescue 0x0c06");
    assert_says("monitor: rescue done");
    fixture_must_boot();
}

/* A wire that was pulled out half way, then the same image again: it goes on behind the blocks that stand. */
static void an_interrupted_rescue_goes_on(void **state)
{
    (void)state;
    struct fixture_image image = good;
    static uint8_t content[2 * FLASH_BLOCK_SIZE + 100];
    memset(content, 0x5A, sizeof(content));
    image.content = SPAN_OF(content);
    struct span slot = take_image(&image);
    type_begin(slot);
    for (uint32_t offset = 0; offset < FLASH_BLOCK_SIZE + 1000; offset += 1024) {
        type_frame(RESCUE_DATA, offset, span_of(slot.data + SLOT_HEADER_SIZE_BYTES + offset, 1024));
    }
    serve();
    assert_says("monitor: rescue ends");
    type_begin(slot);
    type_data(slot, FLASH_BLOCK_SIZE);
    type_frame(RESCUE_FINISH, 0, SPAN_EMPTY);
    serve();
    assert_says("monitor: rescue 4096 of 8292");
    assert_says("monitor: rescue done");
    fixture_must_boot();
}

static int set_up(void **state)
{
    if (fixture_setup(state) != 0) {
        return -1;
    }
    writer_init(&typed, wire, sizeof(wire));
    fixture_flip_slot(COMPONENT_BASE, 0, SLOT_HEADER_SIZE_BYTES + 100);
    return 0;
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, fixture_teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_base_over_the_wire_boots),
        TEST(faults_are_refused_before_anything_is_erased),
        TEST(a_flipped_signature_or_byte_is_refused),
        TEST(damaged_frames_are_sent_again),
        TEST(an_interrupted_rescue_goes_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
