/* The program at a desk, and Modbus frames as masters send them, rightly and wrongly (T-20). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "device/apps/plc/modbus.h"
#include "device/apps/plc/plc_program.h"

static void the_pump_starts_holds_and_stops(void **state)
{
    static const struct {
        uint8_t inputs;
        uint8_t coils;
        bool on;
    } steps[] = {
        {0, 0, false}, {PLC_CONTACT_START, 0, true}, {0, 0, true},  {PLC_CONTACT_STOP, 0, false},
        {0, 0, false}, {0, PLC_COIL_START, true},    {0, 0, true},  {PLC_CONTACT_DRY, 0, false},
        {PLC_CONTACT_START | PLC_CONTACT_DRY, PLC_COIL_START, false}, {PLC_CONTACT_START, PLC_COIL_STOP, false},
    };
    uint8_t outputs = 0;

    (void)state;
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        struct plc_image image = {.inputs = steps[i].inputs, .coils = steps[i].coils};
        outputs = plc_program_cycle(&image, (uint32_t)i, outputs);
        assert_int_equal((outputs & PLC_OUTPUT_PUMP) != 0, steps[i].on);
        assert_int_equal((outputs & PLC_OUTPUT_ALARM) != 0, (steps[i].inputs & PLC_CONTACT_DRY) != 0);
    }
}

static void outputs_follow_the_master_and_blink(void **state)
{
    struct plc_image image = {.coils = 0xA5, .settings = {3}};
    uint32_t on = 0;

    (void)state;
    for (uint32_t cycle = 0; cycle < 600; cycle++) {
        uint8_t outputs = plc_program_cycle(&image, cycle, 0);
        assert_int_equal(outputs & PLC_COILS_OUTPUTS, 0xA0);
        on += (outputs & PLC_OUTPUT_BLINK) != 0 ? 1 : 0;
    }
    assert_int_equal(on, 300);
    image.settings[0] = 0;
    assert_int_equal(plc_program_cycle(&image, 7, 0) & PLC_OUTPUT_BLINK, 0);
}

static void orders_stay_within_the_image(void **state)
{
    static const uint8_t bad[][4] = {{3, 0, 0, 0}, {PLC_ORDER_COILS, 9, 0, 0}, {PLC_ORDER_COILS, 1, 8, 0},
                                     {PLC_ORDER_COILS, 255, 255, 0}, {PLC_ORDER_SETTINGS, 8, 1, 0},
                                     {PLC_ORDER_SETTINGS, 0, 1, 0}, {PLC_ORDER_NONE, 0, 0, 0}};
    struct plc_order order;

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_false(plc_order_read(SPAN_OF(bad[i]), &order));
    }
    assert_false(plc_order_read(SPAN_EMPTY, &order));
    assert_true(plc_order_read(span_of(bad[6], 3), &order));
}

/* A frame and what it is answered with, over inputs 0x96, coils 0x5A, measured 0x0100 and on, settings 0x0200 and on. */
struct conversation {
    const char *request;
    size_t request_size;
    const char *response;
    size_t response_size;
};

#define FRAME(text) text, sizeof(text) - 1

static const struct conversation conversations[] = {
    {FRAME("\x12\x34\0\0\0\6\7\1\0\0\0\x08"), FRAME("\x12\x34\0\0\0\4\7\1\1\x5A")},
    {FRAME("\0\1\0\0\0\6\1\1\0\1\0\3"), FRAME("\0\1\0\0\0\4\1\1\1\5")},
    {FRAME("\0\1\0\0\0\6\1\2\0\0\0\x08"), FRAME("\0\1\0\0\0\4\1\2\1\x96")},
    {FRAME("\0\1\0\0\0\6\1\3\0\6\0\2"), FRAME("\0\1\0\0\0\7\1\3\4\2\6\2\7")},
    {FRAME("\0\1\0\0\0\6\1\4\0\1\0\1"), FRAME("\0\1\0\0\0\5\1\4\2\1\1")},
    {FRAME("\0\1\0\0\0\6\1\5\0\0\xFF\0"), FRAME("\0\1\0\0\0\6\1\5\0\0\xFF\0")},
    {FRAME("\0\1\0\0\0\6\1\5\0\0\0\0"), FRAME("\0\1\0\0\0\6\1\5\0\0\0\0")},
    {FRAME("\0\1\0\0\0\6\1\6\0\7\x12\x34"), FRAME("\0\1\0\0\0\6\1\6\0\7\x12\x34")},
    {FRAME("\0\1\0\0\0\x08\1\x0F\0\4\0\4\1\x0F"), FRAME("\0\1\0\0\0\6\1\x0F\0\4\0\4")},
    {FRAME("\0\1\0\0\0\x0B\1\x10\0\0\0\2\4\1\2\3\4"), FRAME("\0\1\0\0\0\6\1\x10\0\0\0\2")},
    /* Exceptions: function, address, value. */
    {FRAME("\0\1\0\0\0\2\1\x2B"), FRAME("\0\1\0\0\0\3\1\xAB\1")},
    {FRAME("\0\1\0\0\0\2\1\x80"), FRAME("\0\1\0\0\0\3\1\x80\1")},
    {FRAME("\0\1\0\0\0\6\1\1\0\x08\0\1"), FRAME("\0\1\0\0\0\3\1\x81\2")},
    {FRAME("\0\1\0\0\0\6\1\1\0\1\0\x08"), FRAME("\0\1\0\0\0\3\1\x81\2")},
    {FRAME("\0\1\0\0\0\6\1\3\xFF\xFF\0\1"), FRAME("\0\1\0\0\0\3\1\x83\2")},
    {FRAME("\0\1\0\0\0\6\1\3\0\0\0\0"), FRAME("\0\1\0\0\0\3\1\x83\3")},
    {FRAME("\0\1\0\0\0\6\1\3\0\0\xFF\xFF"), FRAME("\0\1\0\0\0\3\1\x83\3")},
    {FRAME("\0\1\0\0\0\6\1\5\0\0\x12\x34"), FRAME("\0\1\0\0\0\3\1\x85\3")},
    {FRAME("\0\1\0\0\0\6\1\6\0\x08\0\0"), FRAME("\0\1\0\0\0\3\1\x86\2")},
    {FRAME("\0\1\0\0\0\5\1\3\0\0\0"), FRAME("\0\1\0\0\0\3\1\x83\3")},                  /* cut */
    {FRAME("\0\1\0\0\0\7\1\3\0\0\0\1\0"), FRAME("\0\1\0\0\0\3\1\x83\3")},              /* trailing */
    {FRAME("\0\1\0\0\0\x0B\1\x10\0\0\0\2\5\1\2\3\4"), FRAME("\0\1\0\0\0\3\1\x90\3")},  /* size that is not there */
    {FRAME("\0\1\0\0\0\x0B\1\x10\0\0\0\3\4\1\2\3\4"), FRAME("\0\1\0\0\0\3\1\x90\3")},  /* count that is not there */
    {FRAME("\0\1\0\0\0\x0B\1\x10\0\7\0\2\4\1\2\3\4"), FRAME("\0\1\0\0\0\3\1\x90\2")},
};

static struct plc_image image_make(void)
{
    struct plc_image image = {.inputs = 0x96, .coils = 0x5A};

    for (uint16_t i = 0; i < PLC_IMAGE_REGISTER_COUNT; i++) {
        image.measured[i] = (uint16_t)(0x0100 + i);
        image.settings[i] = (uint16_t)(0x0200 + i);
    }
    return image;
}

static void frames_are_answered_as_the_standard_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(conversations) / sizeof(conversations[0]); i++) {
        const struct conversation *each = &conversations[i];
        struct span frame = span_of(each->request, each->request_size);
        struct plc_image image = image_make();
        uint8_t memory[MODBUS_FRAME_SIZE_BYTES_MAX];
        struct writer response;
        size_t size = 0;
        assert_true(modbus_frame_size(frame, &size));
        assert_int_equal(size, each->request_size);
        writer_init(&response, memory, sizeof(memory));
        modbus_respond(frame, &image, &response);
        struct span got = writer_span(&response);
        if (got.size != each->response_size || memcmp(got.data, each->response, got.size) != 0) {
            fail_msg("frame %zu was answered otherwise", i);
        }
    }
}

static void writes_become_orders_and_reads_do_not(void **state)
{
    struct plc_image image = image_make();
    struct plc_order order;

    (void)state;
    for (size_t i = 0; i < sizeof(conversations) / sizeof(conversations[0]); i++) {
        uint8_t function = (uint8_t)conversations[i].request[7];
        bool refused = (conversations[i].response[7] & 0x80) != 0;
        modbus_order(span_of(conversations[i].request, conversations[i].request_size), &order);
        assert_int_equal(order.operation != PLC_ORDER_NONE, !refused && function >= 5);
        plc_order_apply(&order, &image);
    }
    assert_int_equal(image.coils, 0xFA); /* coil 0 on and off again, 4 to 7 on */
    assert_int_equal(image.settings[0], 0x0102);
    assert_int_equal(image.settings[1], 0x0304);
    assert_int_equal(image.settings[7], 0x1234);
}

static void what_is_no_modbus_ends_the_conversation(void **state)
{
    size_t size = 1;

    (void)state;
    assert_false(modbus_frame_size(span_of("\0\1\0\1\0\6\1", 7), &size)); /* protocol */
    assert_false(modbus_frame_size(span_of("\0\1\0\0\0\1\1", 7), &size)); /* too short for a function */
    assert_false(modbus_frame_size(span_of("\0\1\0\0\0\xFF\1", 7), &size)); /* 255: one too many */
    assert_false(modbus_frame_size(span_of("GET / HTTP/1.1", 14), &size));
    assert_true(modbus_frame_size(span_of("\0\1\0\0\0\6", 6), &size));
    assert_int_equal(size, 0);
    assert_true(modbus_frame_size(span_of("\0\1\0\0\0\6\1\3\0\0\0", 11), &size));
    assert_int_equal(size, 0);
}

static void without_the_scan_it_says_so(void **state)
{
    uint8_t memory[MODBUS_FRAME_SIZE_BYTES_MAX];
    struct writer response;

    (void)state;
    writer_init(&response, memory, sizeof(memory));
    modbus_respond(span_of("\0\1\0\0\0\6\1\3\0\0\0\1", 12), NULL, &response);
    assert_memory_equal(memory, "\0\1\0\0\0\3\1\x83\4", 9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_pump_starts_holds_and_stops),
        cmocka_unit_test(outputs_follow_the_master_and_blink),
        cmocka_unit_test(orders_stay_within_the_image),
        cmocka_unit_test(frames_are_answered_as_the_standard_says),
        cmocka_unit_test(writes_become_orders_and_reads_do_not),
        cmocka_unit_test(what_is_no_modbus_ends_the_conversation),
        cmocka_unit_test(without_the_scan_it_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
