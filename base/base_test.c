#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/constant_time.h"
#include "base/error.h"
#include "base/hardened.h"
#include "base/reader.h"
#include "base/secret.h"
#include "base/writer.h"

static const uint8_t BYTES[15] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};

static void test_reader_reads_big_endian(void **state)
{
    (void)state;
    struct reader reader;

    reader_init(&reader, SPAN_OF(BYTES));
    assert_int_equal(reader_peek(&reader), 1);
    assert_int_equal(reader_u8(&reader), 1);
    assert_int_equal(reader_u16(&reader), 0x0203);
    assert_int_equal(reader_u32(&reader), 0x04050607);
    assert_true(reader_u64(&reader) == 0x08090A0B0C0D0E0Full);
    assert_int_equal(reader_remaining(&reader), 0);
    assert_true(reader_ok(&reader));
}

/* A read past the end fails for good, also when later reads would fit. */
static void test_reader_failure_is_sticky(void **state)
{
    (void)state;
    struct reader reader;

    reader_init(&reader, SPAN_OF(BYTES));
    assert_true(reader_take(&reader, sizeof(BYTES) + 1).data == NULL);
    assert_false(reader_ok(&reader));
    assert_int_equal(reader_u8(&reader), 0);
    assert_int_equal(reader_take(&reader, 1).size, 0);

    reader_init(&reader, SPAN_OF(BYTES));
    assert_true(reader_take(&reader, SIZE_MAX).data == NULL);
    assert_false(reader_ok(&reader));

    reader_init(&reader, SPAN_EMPTY);
    assert_int_equal(reader_peek(&reader), 0);
    assert_false(reader_ok(&reader));
}

static void test_writer_round_trip(void **state)
{
    (void)state;
    uint8_t out[15];
    struct writer writer;

    writer_init(&writer, out, sizeof(out));
    writer_u8(&writer, 1);
    writer_u16(&writer, 0x0203);
    writer_u32(&writer, 0x04050607);
    writer_u64(&writer, 0x08090A0B0C0D0E0Full);
    assert_true(writer_ok(&writer));
    assert_true(span_equal(writer_span(&writer), SPAN_OF(BYTES)));
}

/* What does not fit is not written in part, and nothing is written afterwards. */
static void test_writer_overflow_is_sticky(void **state)
{
    (void)state;
    uint8_t out[4] = {0};
    struct writer writer;

    writer_init(&writer, out, 3);
    writer_u16(&writer, 0xAABB);
    writer_u16(&writer, 0xCCDD);
    assert_false(writer_ok(&writer));
    writer_u8(&writer, 0xEE);
    assert_int_equal(writer_span(&writer).size, 0);
    assert_int_equal(out[2], 0);
    assert_int_equal(out[3], 0);
    assert_true(writer_reserve(&writer, 0) == NULL);
}

static void test_comparisons(void **state)
{
    (void)state;
    for (size_t bit = 0; bit < 8 * sizeof(BYTES); bit++) {
        uint8_t other[sizeof(BYTES)];

        memcpy(other, BYTES, sizeof(other));
        assert_true(constant_time_equal(BYTES, other, sizeof(other)));
        assert_int_equal(hardened_equal(BYTES, other, sizeof(other)), HARDENED_TRUE);
        other[bit / 8] ^= (uint8_t)(1u << (bit % 8));
        assert_false(constant_time_equal(BYTES, other, sizeof(other)));
        assert_int_equal(hardened_equal(BYTES, other, sizeof(other)), HARDENED_FALSE);
        assert_false(span_equal(SPAN_OF(BYTES), SPAN_OF(other)));
    }
}

static void test_secret_wipe(void **state)
{
    (void)state;
    uint8_t secret[32];
    static const uint8_t zeros[32];

    memset(secret, 0xA5, sizeof(secret));
    secret_wipe(secret, sizeof(secret));
    assert_memory_equal(secret, zeros, sizeof(zeros));
}

/* Every entry of the list has a name and a sentence of its own, and no code is given twice. */
static void test_error_list(void **state)
{
    (void)state;
    static const uint32_t codes[] = {
#define ERROR_MODULE(name, number)
#define ERROR_ENTRY(module, name, id, text) ERROR_CODE_##module##_##name,
#include "base/error_list.h"
#undef ERROR_MODULE
#undef ERROR_ENTRY
    };
    const size_t count = sizeof(codes) / sizeof(codes[0]);

    for (size_t index = 0; index < count; index++) {
        struct error error = {codes[index]};

        assert_false(error_is_none(error));
        assert_true(strlen(error_text(error)) > 10);
        assert_string_not_equal(error_name(error), "UNKNOWN");
        for (size_t other = 0; other < index; other++) {
            assert_int_not_equal(codes[other], codes[index]);
        }
    }
    assert_string_equal(error_name(ERROR(CBOR, TRUNCATED)), "CBOR_TRUNCATED");
    assert_string_equal(error_name((struct error){0xFFFFFFFFu}), "UNKNOWN");
    assert_true(error_is_none(ERROR_NONE));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reader_reads_big_endian), cmocka_unit_test(test_reader_failure_is_sticky),
        cmocka_unit_test(test_writer_round_trip),       cmocka_unit_test(test_writer_overflow_is_sticky),
        cmocka_unit_test(test_comparisons),             cmocka_unit_test(test_secret_wipe),
        cmocka_unit_test(test_error_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
