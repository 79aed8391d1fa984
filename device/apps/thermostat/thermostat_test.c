#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "device/apps/thermostat/thermostat_control.h"
#include "device/apps/thermostat/thermostat_message.h"

static void the_heater_follows_with_hysteresis(void **state)
{
    static const struct {
        bool before;
        int32_t tenths;
        bool after;
    } cases[] = {
        {false, 204, true}, {false, 205, false}, {false, 215, false}, {true, 205, true},
        {true, 215, true},  {true, 216, false},  {false, -400, true}, {true, 1250, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(thermostat_control_heater(cases[i].before, cases[i].tenths), cases[i].after);
    }
}

/* Values of the TMP105 data sheet, table 5. */
static void the_sensors_register_is_read(void **state)
{
    static const struct {
        uint8_t reg[2];
        int32_t tenths;
    } cases[] = {
        {{0x7F, 0xF0}, 1279 + 0}, {{0x64, 0x00}, 1000}, {{0x50, 0x00}, 800},  {{0x19, 0x00}, 250},
        {{0x00, 0x40}, 3},        {{0x00, 0x00}, 0},    {{0xFF, 0xC0}, -3},   {{0xE7, 0x00}, -250},
        {{0xC9, 0x00}, -550},     {{0x15, 0x80}, 215},  {{0x80, 0x00}, -1280},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(thermostat_message_tenths(cases[i].reg), cases[i].tenths);
    }
}

static void a_message_is_json(void **state)
{
    static const struct {
        int32_t tenths;
        bool heater_on;
        const char *text;
    } cases[] = {
        {215, true, "{\"temperature\": 21.5, \"heater\": true}"},
        {0, false, "{\"temperature\": 0.0, \"heater\": false}"},
        {-5, false, "{\"temperature\": -0.5, \"heater\": false}"},
        {1250, false, "{\"temperature\": 125.0, \"heater\": false}"},
        {-400, true, "{\"temperature\": -40.0, \"heater\": true}"},
    };
    uint8_t bytes[64];
    struct writer writer;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        writer_init(&writer, bytes, sizeof(bytes));
        thermostat_message_write(&writer, cases[i].tenths, cases[i].heater_on);
        assert_true(writer_ok(&writer));
        assert_int_equal(writer.size, strlen(cases[i].text));
        assert_memory_equal(bytes, cases[i].text, writer.size);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_heater_follows_with_hysteresis),
        cmocka_unit_test(the_sensors_register_is_read),
        cmocka_unit_test(a_message_is_json),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
