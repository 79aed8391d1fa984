#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "cli/text.h"

static void test_uint(void **state)
{
    static const struct {
        const char *text;
        uint64_t max;
        bool good;
        uint64_t value;
    } cases[] = {
        {"0", 0, true, 0},        {"65535", 65535, true, 65535},  {"65536", 65535, false, 0},
        {"", 9, false, 0},        {"-1", 9, false, 0},            {"1 ", 9, false, 0},
        {"0x10", 99, false, 0},   {"7", 5, false, 0},             {"18446744073709551615", UINT64_MAX, true, UINT64_MAX},
        {"18446744073709551616", UINT64_MAX, false, 0},
    };
    (void)state;
    for (size_t index = 0; index < sizeof cases / sizeof cases[0]; index++) {
        uint64_t value = 42;
        assert_int_equal(text_parse_uint(cases[index].text, cases[index].max, &value), cases[index].good);
        assert_int_equal(value, cases[index].good ? cases[index].value : 42);
    }
}

static void test_hex(void **state)
{
    uint8_t bytes[2] = {7, 7};
    char text[5];
    (void)state;
    assert_false(text_parse_hex("0aF", bytes, 2));
    assert_false(text_parse_hex("0aFg", bytes, 2));
    assert_false(text_parse_hex("0aFF0", bytes, 2));
    assert_int_equal(bytes[0], 7);
    assert_true(text_parse_hex("0aFF", bytes, 2));
    assert_int_equal(bytes[0], 0x0A);
    assert_int_equal(bytes[1], 0xFF);
    text_format_hex(SPAN_OF(bytes), text);
    assert_string_equal(text, "0aff");
}

static void test_uuid(void **state)
{
    static const char good[] = "4d2f9f06-1c1b-4f0e-8a53-0a3f7bd9e6f1";
    static const char *const bad[] = {"", "4d2f9f061c1b4f0e8a530a3f7bd9e6f1", "4d2f9f06-1c1b-4f0e-8a53-0a3f7bd9e6f",
                                      "4d2f9f06-1c1b-4f0e-8a53-0a3f7bd9e6f11", "4d2f9f06-1c1b-4f0e-8a530-a3f7bd9e6f1",
                                      "zd2f9f06-1c1b-4f0e-8a53-0a3f7bd9e6f1"};
    uint8_t uuid[16];
    char text[TEXT_UUID_SIZE_BYTES];
    (void)state;
    assert_true(text_parse_uuid(good, uuid));
    text_format_uuid(uuid, text);
    assert_string_equal(text, good);
    for (size_t index = 0; index < sizeof bad / sizeof bad[0]; index++) {
        assert_false(text_parse_uuid(bad[index], uuid));
    }
}

/* A name becomes a path, a certificate subject and a line of the broker's access list. */
static void test_names(void **state)
{
    static const char *const good[] = {"a", "kitchen-2", "abcdefghijklmnopqrstuvwxyz012345"};
    static const char *const bad[] = {"",     "..",    "a/b",    "A",   "1a", "-a",
                                      "a b",  "a.b",   "a\ntopic", "a#", "abcdefghijklmnopqrstuvwxyz0123456"};
    (void)state;
    for (size_t index = 0; index < sizeof good / sizeof good[0]; index++) {
        assert_true(text_is_name(good[index]));
    }
    for (size_t index = 0; index < sizeof bad / sizeof bad[0]; index++) {
        assert_false(text_is_name(bad[index]));
    }
    assert_true(text_is_batch("2026-11_A.b"));
    assert_false(text_is_batch("a,DNS:x")); /* would be read as a second name of the certificate */
    assert_false(text_is_batch("two words"));
    assert_false(text_is_batch("12345678901234567"));
    assert_false(text_is_batch(""));
}

static void test_milli(void **state)
{
    static const struct {
        const char *text;
        bool good;
        int32_t value;
    } cases[] = {
        {"21.5", true, 21500},   {"-55", true, -55000},  {"125.000", true, 125000}, {"-0.125", true, -125},
        {"125.001", false, 0},   {"-55.1", false, 0},    {"", false, 0},            {".", false, 0},
        {"1.", false, 0},        {".5", false, 0},       {"1.2345", false, 0},      {"1,5", false, 0},
        {"99999999", false, 0},  {"--1", false, 0},
    };
    (void)state;
    for (size_t index = 0; index < sizeof cases / sizeof cases[0]; index++) {
        int32_t value = 1;
        assert_int_equal(text_parse_milli(cases[index].text, -55000, 125000, &value), cases[index].good);
        assert_int_equal(value, cases[index].good ? cases[index].value : 1);
    }
}

static void test_base64(void **state)
{
    (void)state;
    char *text = text_base64_of(span_of("any carnal pleas", 16));
    assert_string_equal(text, "YW55IGNhcm5hbCBwbGVhcw==");
    free(text);
}

static void test_nothing_drives_the_terminal(void **state)
{
    char line[] = "a\033[2Jb\007c\x7F\x9B"
                  "d\xC2\x9B"
                  "e\n";
    (void)state;
    text_clean(line);
    assert_string_equal(line, "a?[2Jb?c??d??e?");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_uint),  cmocka_unit_test(test_hex),   cmocka_unit_test(test_uuid),
        cmocka_unit_test(test_names), cmocka_unit_test(test_milli), cmocka_unit_test(test_base64),
        cmocka_unit_test(test_nothing_drives_the_terminal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
