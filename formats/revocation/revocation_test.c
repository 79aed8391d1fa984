#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/ensure.h"
#include "formats/revocation/revocation.h"

void ensure_failed(const char *file, uint32_t line)
{
    print_error("%s:%u\n", file, line);
    abort();
}

#define ENTRY_COUNT 3

/* Three entries in a row. */
static void write_journal(uint8_t out[ENTRY_COUNT][REVOCATION_SIZE_BYTES])
{
    struct revocation_chain chain = {0};
    for (uint32_t index = 0; index < ENTRY_COUNT; index++) {
        struct revocation entry = {.kind = REVOCATION_ORDER, .time_s = 1000 + index, .ueid = {{UEID_TYPE_RAND}},
                                   .epoch = 2 + index, .reason = index};
        revocation_encode(&entry, &chain, out[index]);
    }
    assert_int_equal(chain.number, ENTRY_COUNT);
}

static void written_entries_are_read_in_order(void **state)
{
    (void)state;
    uint8_t journal[ENTRY_COUNT][REVOCATION_SIZE_BYTES];
    struct revocation_chain chain = {0};
    write_journal(journal);
    for (uint32_t index = 0; index < ENTRY_COUNT; index++) {
        struct revocation entry;
        assert_true(error_is_none(revocation_parse(SPAN_OF(journal[index]), &chain, &entry)));
        assert_int_equal(entry.number, index + 1);
        assert_int_equal(entry.time_s, 1000 + index);
        assert_int_equal(entry.epoch, 2 + index);
        assert_int_equal(entry.reason, index);
    }
}

static void no_entry_is_left_out_repeated_or_exchanged(void **state)
{
    (void)state;
    uint8_t journal[ENTRY_COUNT][REVOCATION_SIZE_BYTES];
    struct revocation entry;
    write_journal(journal);
    for (size_t second = 0; second < ENTRY_COUNT; second++) {
        struct revocation_chain chain = {0};
        assert_true(error_is_none(revocation_parse(SPAN_OF(journal[0]), &chain, &entry)));
        struct error error = revocation_parse(SPAN_OF(journal[second]), &chain, &entry);
        assert_int_equal(error.code, second == 1 ? ERROR_CODE_NONE : ERROR_CODE_REVOCATION_CHAIN);
        assert_int_equal(chain.number, second == 1 ? 2 : 1);
    }
}

static void no_bit_can_be_flipped(void **state)
{
    (void)state;
    uint8_t journal[ENTRY_COUNT][REVOCATION_SIZE_BYTES];
    write_journal(journal);
    for (size_t bit = 0; bit < 8 * REVOCATION_SIZE_BYTES; bit++) {
        struct revocation_chain chain = {0};
        struct revocation entry;
        journal[0][bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_false(error_is_none(revocation_parse(SPAN_OF(journal[0]), &chain, &entry)));
        assert_int_equal(chain.number, 0);
        journal[0][bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(written_entries_are_read_in_order),
        cmocka_unit_test(no_entry_is_left_out_repeated_or_exchanged),
        cmocka_unit_test(no_bit_can_be_flipped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
