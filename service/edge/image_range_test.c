#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "service/edge/image_range.h"

static void ranges(void **state)
{
    (void)state;
    const struct {
        const char *header;
        enum image_range_kind kind;
        uint64_t offset_bytes, size_bytes;
    } cases[] = {
        {NULL, IMAGE_RANGE_WHOLE, 0, 100},
        {"bytes=0-99", IMAGE_RANGE_PART, 0, 100},
        {"bytes=0-0", IMAGE_RANGE_PART, 0, 1},
        {"bytes=10-", IMAGE_RANGE_PART, 10, 90},
        {"bytes=10-19", IMAGE_RANGE_PART, 10, 10},
        {"bytes=99-1000", IMAGE_RANGE_PART, 99, 1},
        {"bytes=-1", IMAGE_RANGE_PART, 99, 1},
        {"bytes=-1000", IMAGE_RANGE_PART, 0, 100},
        {"bytes=100-", IMAGE_RANGE_UNSATISFIABLE, 0, 0},
        {"bytes=100-200", IMAGE_RANGE_UNSATISFIABLE, 0, 0},
        {"bytes=-0", IMAGE_RANGE_UNSATISFIABLE, 0, 0},
        {"bytes=5-4", IMAGE_RANGE_WHOLE, 0, 100},
        {"bytes=", IMAGE_RANGE_WHOLE, 0, 100},
        {"bytes=-", IMAGE_RANGE_WHOLE, 0, 100},
        {"bytes=1", IMAGE_RANGE_WHOLE, 0, 100},
        {"bytes=0-1,3-4", IMAGE_RANGE_WHOLE, 0, 100},
        {"bytes=0-1 ", IMAGE_RANGE_WHOLE, 0, 100},
        {"bytes= 0-1", IMAGE_RANGE_WHOLE, 0, 100},
        {"lines=0-1", IMAGE_RANGE_WHOLE, 0, 100},
        {"bytes=18446744073709551616-", IMAGE_RANGE_WHOLE, 0, 100},
        {"bytes=999999999999999999-", IMAGE_RANGE_UNSATISFIABLE, 0, 0},
    };
    for (size_t index = 0; index < sizeof cases / sizeof cases[0]; index++) {
        struct image_range range = image_range_parse(cases[index].header, 100);
        if (range.kind != cases[index].kind || range.offset_bytes != cases[index].offset_bytes ||
            range.size_bytes != cases[index].size_bytes) {
            fail_msg("%s", cases[index].header);
        }
    }
}

static void names(void **state)
{
    (void)state;
    char name[66];
    memset(name, 'a', 64);
    name[64] = '\0';
    assert_true(image_name_is_valid(name));
    name[64] = 'a';
    name[65] = '\0';
    assert_false(image_name_is_valid(name));
    name[63] = '\0';
    assert_false(image_name_is_valid(name));
    name[64] = '\0';
    const char bad[] = {'/', '.', 'A', 'g', '%', ' ', '?'};
    for (size_t index = 0; index < sizeof bad; index++) {
        name[63] = 'a';
        name[7] = bad[index];
        assert_false(image_name_is_valid(name));
    }
    assert_false(image_name_is_valid(""));
    assert_false(image_name_is_valid("../../../../etc/passwd"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(ranges), cmocka_unit_test(names)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
