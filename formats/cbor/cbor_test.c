#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "formats/cbor/cbor.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

static void test_heads_round_trip(void **state)
{
    (void)state;
    static const struct {
        uint64_t value;
        size_t size_bytes;
    } cases[] = {{0, 1},          {23, 1},         {24, 2},          {255, 2},         {256, 3},
                 {65535, 3},      {65536, 5},      {UINT32_MAX, 5},  {UINT32_MAX + 1ull, 9}, {UINT64_MAX, 9}};
    for (size_t index = 0; index < COUNT_OF(cases); index++) {
        uint8_t bytes[16];
        struct writer writer;
        writer_init(&writer, bytes, sizeof bytes);
        cbor_write_uint(&writer, cases[index].value);
        assert_int_equal(writer_span(&writer).size, cases[index].size_bytes);
        struct cbor_reader cbor;
        cbor_reader_init(&cbor, writer_span(&writer));
        assert_true(cbor_read_uint(&cbor) == cases[index].value);
        assert_true(error_is_none(cbor_reader_finish(&cbor)));
    }
    static const int64_t negatives[] = {-1, -7, -16, -24, -25, -256, -257, -70001, INT64_MIN};
    for (size_t index = 0; index < COUNT_OF(negatives); index++) {
        uint8_t bytes[16];
        struct writer writer;
        writer_init(&writer, bytes, sizeof bytes);
        cbor_write_int(&writer, negatives[index]);
        struct cbor_reader cbor;
        cbor_reader_init(&cbor, writer_span(&writer));
        assert_true(cbor_read_int(&cbor) == negatives[index]);
        assert_true(error_is_none(cbor_reader_finish(&cbor)));
    }
}

/* Whole items as cbor_read_raw judges them: any type, well-formedness, deterministic form, order of keys. */
static void test_raw(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        uint8_t bytes[24];
        size_t size_bytes;
        uint32_t code;
    } cases[] = {
        {"uint", {0x17}, 1, ERROR_CODE_NONE},
        {"uint in two bytes", {0x18, 0x18}, 2, ERROR_CODE_NONE},
        {"uint longer than needed", {0x18, 0x17}, 2, ERROR_CODE_CBOR_NOT_CANONICAL},
        {"uint16 longer than needed", {0x19, 0x00, 0xFF}, 3, ERROR_CODE_CBOR_NOT_CANONICAL},
        {"uint32 longer than needed", {0x1A, 0x00, 0x00, 0xFF, 0xFF}, 5, ERROR_CODE_CBOR_NOT_CANONICAL},
        {"uint64 longer than needed", {0x1B, 0, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF}, 9, ERROR_CODE_CBOR_NOT_CANONICAL},
        {"head cut", {0x19, 0x01}, 2, ERROR_CODE_CBOR_TRUNCATED},
        {"nothing", {0}, 0, ERROR_CODE_CBOR_TRUNCATED},
        {"bytes", {0x42, 1, 2}, 3, ERROR_CODE_NONE},
        {"bytes cut", {0x42, 1}, 2, ERROR_CODE_CBOR_TRUNCATED},
        {"bytes of 2^64-1", {0x5B, 255, 255, 255, 255, 255, 255, 255, 255}, 9, ERROR_CODE_CBOR_TRUNCATED},
        {"bytes of 2^32", {0x5B, 0, 0, 0, 1, 0, 0, 0, 0}, 9, ERROR_CODE_CBOR_TRUNCATED},
        {"indefinite bytes", {0x5F, 0x41, 0, 0xFF}, 4, ERROR_CODE_CBOR_NOT_CANONICAL},
        {"indefinite map", {0xBF, 0xFF}, 2, ERROR_CODE_CBOR_NOT_CANONICAL},
        {"reserved 28", {0x1C}, 1, ERROR_CODE_CBOR_NOT_CANONICAL},
        {"half float", {0xF9, 0x3C, 0x00}, 3, ERROR_CODE_CBOR_TYPE},
        {"undefined", {0xF7}, 1, ERROR_CODE_CBOR_TYPE},
        {"simple 32", {0xF8, 0x20}, 2, ERROR_CODE_CBOR_TYPE},
        {"null", {0xF6}, 1, ERROR_CODE_NONE},
        {"true", {0xF5}, 1, ERROR_CODE_NONE},
        {"map", {0xA2, 1, 2, 0x20, 0x80}, 5, ERROR_CODE_NONE},
        {"repeated key", {0xA2, 1, 2, 1, 2}, 5, ERROR_CODE_CBOR_NOT_CANONICAL},
        {"keys out of order", {0xA2, 2, 2, 1, 2}, 5, ERROR_CODE_CBOR_NOT_CANONICAL},
        {"text key before its prefix", {0xA2, 0x62, 'a', 'a', 0, 0x61, 'b', 0}, 8, ERROR_CODE_CBOR_NOT_CANONICAL},
        {"array as key", {0xA1, 0x81, 0x05, 0xA1, 6, 0x61, 'v'}, 7, ERROR_CODE_NONE},
        {"map without its last value", {0xA1, 1}, 2, ERROR_CODE_CBOR_TRUNCATED},
        {"array with a huge count", {0x9A, 0xFF, 0xFF, 0xFF, 0xFF}, 5, ERROR_CODE_CBOR_RANGE},
        {"map with a huge count", {0xBB, 0x80, 0, 0, 0, 0, 0, 0, 0}, 9, ERROR_CODE_CBOR_RANGE},
        {"eight deep", {0x81, 0x81, 0x81, 0x81, 0x81, 0x81, 0x81, 0x81, 0x00}, 9, ERROR_CODE_NONE},
        {"nine deep", {0x81, 0x81, 0x81, 0x81, 0x81, 0x81, 0x81, 0x81, 0x81, 0x00}, 10, ERROR_CODE_CBOR_RANGE},
        {"tag", {0xD2, 0x84, 0, 0, 0, 0}, 6, ERROR_CODE_NONE},
        {"trailing byte", {0x00, 0x00}, 2, ERROR_CODE_CBOR_TRAILING},
        {"text", {0x65, 'a', 0xC3, 0xA9, ' ', '~'}, 6, ERROR_CODE_NONE},
        {"text of four bytes", {0x64, 0xF0, 0x9F, 0x94, 0x92}, 5, ERROR_CODE_NONE},
        {"control character", {0x61, 0x1B}, 2, ERROR_CODE_CBOR_RANGE},
        {"DEL", {0x61, 0x7F}, 2, ERROR_CODE_CBOR_RANGE},
        {"C1 control", {0x62, 0xC2, 0x9B}, 3, ERROR_CODE_CBOR_RANGE},
        {"overlong", {0x62, 0xC1, 0xA1}, 3, ERROR_CODE_CBOR_RANGE},
        {"overlong of three", {0x63, 0xE0, 0x9F, 0xBF}, 4, ERROR_CODE_CBOR_RANGE},
        {"surrogate", {0x63, 0xED, 0xA0, 0x80}, 4, ERROR_CODE_CBOR_RANGE},
        {"above U+10FFFF", {0x64, 0xF4, 0x90, 0x80, 0x80}, 5, ERROR_CODE_CBOR_RANGE},
        {"lead byte F8", {0x64, 0xF8, 0x80, 0x80, 0x80}, 5, ERROR_CODE_CBOR_RANGE},
        {"continuation alone", {0x62, 0x80, 0xBF}, 3, ERROR_CODE_CBOR_RANGE},
        {"text cut inside a character", {0x62, 0xE2, 0x82}, 3, ERROR_CODE_CBOR_RANGE},
    };
    for (size_t index = 0; index < COUNT_OF(cases); index++) {
        struct cbor_reader cbor;
        cbor_reader_init(&cbor, span_of(cases[index].bytes, cases[index].size_bytes));
        struct span raw = cbor_read_raw(&cbor);
        uint32_t code = cbor_reader_finish(&cbor).code;
        if (code != cases[index].code) {
            fail_msg("%s: %x instead of %x", cases[index].name, code, cases[index].code);
        }
        assert_true(code != ERROR_CODE_NONE || raw.size == cases[index].size_bytes);
    }
}

static void test_first_error_stays(void **state)
{
    (void)state;
    static const uint8_t bytes[] = {0x01, 0x41, 0xAA, 0x02};
    struct cbor_reader cbor;
    uint8_t out[1] = {0x55};
    cbor_reader_init(&cbor, SPAN_OF(bytes));
    (void)cbor_read_bool(&cbor);
    assert_true(error_is(cbor_reader_error(&cbor), ERROR_CODE_CBOR_TYPE));
    cbor_read_bytes_into(&cbor, out, 1);
    assert_int_equal(out[0], 0x55);
    assert_true(cbor_read_uint(&cbor) == 0);
    assert_int_equal(cbor_peek_major(&cbor), -1);
    assert_int_equal(cbor_read_raw(&cbor).size, 0);
    cbor_reader_fail(&cbor, ERROR(COSE, STRUCTURE));
    assert_true(error_is(cbor_reader_finish(&cbor), ERROR_CODE_CBOR_TYPE));
}

static void test_expectations(void **state)
{
    (void)state;
    static const uint8_t bytes[] = {0xD2, 0x82, 0xA1, 0x01, 0x26, 0xF6};
    struct cbor_reader cbor;
    cbor_reader_init(&cbor, SPAN_OF(bytes));
    cbor_expect_tag(&cbor, 18);
    cbor_expect_array(&cbor, 2);
    cbor_expect_map(&cbor, 1);
    assert_false(cbor_next_is_int(&cbor, 2));
    assert_false(cbor_next_is_int(&cbor, -2));
    assert_true(cbor_next_is_int(&cbor, 1));
    cbor_expect_int(&cbor, -7);
    cbor_read_null(&cbor);
    assert_false(cbor_next_is_int(&cbor, 0));
    assert_true(error_is_none(cbor_reader_finish(&cbor)));
    cbor_reader_init(&cbor, SPAN_OF(bytes));
    cbor_expect_tag(&cbor, 17);
    assert_true(error_is(cbor_reader_finish(&cbor), ERROR_CODE_CBOR_RANGE));
    cbor_reader_init(&cbor, SPAN_OF(bytes));
    cbor_expect_tag(&cbor, 19);
    assert_true(error_is(cbor_reader_finish(&cbor), ERROR_CODE_CBOR_RANGE));
    /* Zero is what a failed read returns: it must not pass as an expected zero. */
    cbor_reader_init(&cbor, SPAN_EMPTY);
    cbor_expect_int(&cbor, 0);
    assert_true(error_is(cbor_reader_finish(&cbor), ERROR_CODE_CBOR_TRUNCATED));
    cbor_reader_init(&cbor, SPAN_OF(bytes));
    assert_int_equal(cbor_read_bytes_exact(&cbor, 0).size, 0);
    assert_true(error_is(cbor_reader_finish(&cbor), ERROR_CODE_CBOR_TYPE));
}

static void test_writer_overflow(void **state)
{
    (void)state;
    uint8_t bytes[4] = {0};
    struct writer writer;
    writer_init(&writer, bytes, sizeof bytes);
    cbor_write_array(&writer, 2);
    cbor_write_text_literal(&writer, "abcd");
    cbor_write_null(&writer);
    assert_false(writer_ok(&writer));
    assert_int_equal(writer_span(&writer).size, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_heads_round_trip), cmocka_unit_test(test_raw),
        cmocka_unit_test(test_first_error_stays), cmocka_unit_test(test_expectations),
        cmocka_unit_test(test_writer_overflow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
