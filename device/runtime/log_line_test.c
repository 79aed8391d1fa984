#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "device/runtime/log_line.h"
#include "device/runtime/runtime.h"

static char logged[LOG_LINE_SIZE_BYTES_MAX];

void runtime_log(const char *text)
{
    strncpy(logged, text, sizeof(logged) - 1);
}

static void numbers_are_decimal(void **state)
{
    struct log_line line;

    (void)state;
    log_line_init(&line, "n ");
    log_line_uint(&line, 0);
    log_line_text(&line, " ");
    log_line_uint(&line, UINT32_MAX);
    assert_string_equal(line.text, "n 0 4294967295");
}

static void tenths_keep_their_sign(void **state)
{
    static const struct {
        int32_t tenths;
        const char *text;
    } cases[] = {{0, "0.0"}, {215, "21.5"}, {-5, "-0.5"}, {-123, "-12.3"}, {INT32_MIN, "-214748364.8"}};
    struct log_line line;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        log_line_init(&line, "");
        log_line_tenths(&line, cases[i].tenths);
        assert_string_equal(line.text, cases[i].text);
    }
}

static void bytes_from_outside_are_made_printable(void **state)
{
    static const uint8_t bytes[] = {'a', '\n', 0x1B, 0xFF, '~'};
    struct log_line line;

    (void)state;
    log_line_init(&line, "");
    log_line_span(&line, SPAN_OF(bytes));
    log_line_text(&line, " ");
    log_line_hex(&line, SPAN_OF(bytes));
    assert_string_equal(line.text, "a???~ 610a1bff7e");
}

static void long_lines_are_cut(void **state)
{
    struct log_line line;

    (void)state;
    log_line_init(&line, "");
    for (int i = 0; i < 400; i++) {
        log_line_text(&line, "x");
    }
    assert_int_equal(line.size, LOG_LINE_SIZE_BYTES_MAX - 1);
    assert_int_equal(strlen(line.text), line.size);
}

static void an_error_is_one_line(void **state)
{
    (void)state;
    log_line_write_error("agent: check-in failed", ERROR(TLS, UNTRUSTED));
    assert_string_equal(logged, "agent: check-in failed: 0x0f02");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_decimal),
        cmocka_unit_test(tenths_keep_their_sign),
        cmocka_unit_test(bytes_from_outside_are_made_printable),
        cmocka_unit_test(long_lines_are_cut),
        cmocka_unit_test(an_error_is_one_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
