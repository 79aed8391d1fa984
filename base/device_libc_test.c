/* device_libc.c against the machine's own libc. base/meson.build compiles it under
 * other names (device_memcpy and so on), so that both are at hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

void *device_memcpy(void *restrict destination, const void *restrict source, size_t size);
void *device_memmove(void *destination, const void *source, size_t size);
void *device_memset(void *destination, int value, size_t size);
int device_memcmp(const void *first, const void *second, size_t size);
size_t device_strlen(const char *text);
char *device_strchr(const char *text, int character);
int device_strcmp(const char *first, const char *second);

enum { AREA_SIZE_BYTES = 48, SHIFT_MAX = 9, LENGTH_MAX = 21 };

static void fill(uint8_t *area) {
    for (size_t index = 0U; index < AREA_SIZE_BYTES; index++) {
        area[index] = (uint8_t)(index * 7U + 1U);
    }
}

/* Every alignment, distance in both directions and length, the bytes around included. */
static void moves_and_copies_agree(void **state) {
    (void)state;
    for (size_t from = 0U; from < SHIFT_MAX; from++) {
        for (size_t to = 0U; to < SHIFT_MAX; to++) {
            for (size_t length = 0U; length < LENGTH_MAX; length++) {
                _Alignas(8) uint8_t ours[AREA_SIZE_BYTES];
                _Alignas(8) uint8_t expected[AREA_SIZE_BYTES];
                fill(ours);
                fill(expected);
                assert_ptr_equal(device_memmove(ours + to, ours + from, length), ours + to);
                memmove(expected + to, expected + from, length);
                assert_memory_equal(ours, expected, AREA_SIZE_BYTES);

                uint8_t ours_copy[AREA_SIZE_BYTES] = {0};
                uint8_t expected_copy[AREA_SIZE_BYTES] = {0};
                assert_ptr_equal(device_memcpy(ours_copy + to, ours + from, length), ours_copy + to);
                memcpy(expected_copy + to, expected + from, length);
                assert_memory_equal(ours_copy, expected_copy, AREA_SIZE_BYTES);
            }
        }
    }
}

static void sets_agree(void **state) {
    (void)state;
    for (size_t to = 0U; to < SHIFT_MAX; to++) {
        for (size_t length = 0U; length < LENGTH_MAX; length++) {
            _Alignas(8) uint8_t ours[AREA_SIZE_BYTES];
            _Alignas(8) uint8_t expected[AREA_SIZE_BYTES];
            fill(ours);
            fill(expected);
            assert_ptr_equal(device_memset(ours + to, 0x1A5, length), ours + to);
            memset(expected + to, 0xA5, length);
            assert_memory_equal(ours, expected, AREA_SIZE_BYTES);
        }
    }
}

static void comparisons_agree(void **state) {
    (void)state;
    assert_int_equal(device_memcmp("abc", "abd", 2U), 0);
    assert_true(device_memcmp("abc", "abd", 3U) < 0);
    assert_true(device_memcmp("\xff", "\x01", 1U) > 0);
    assert_int_equal(device_memcmp("a", "b", 0U), 0);
    assert_int_equal(device_strcmp("", ""), 0);
    assert_int_equal(device_strcmp("topic", "topic"), 0);
    assert_true(device_strcmp("topic", "topics") < 0);
    assert_true(device_strcmp("\xff", "a") > 0);
}

static void string_searches_agree(void **state) {
    (void)state;
    const char *const text = "service.example";
    assert_int_equal(device_strlen(""), 0);
    assert_int_equal(device_strlen(text), strlen(text));
    assert_ptr_equal(device_strchr(text, '.'), text + 7);
    assert_ptr_equal(device_strchr(text, 'e'), text + 1);
    assert_ptr_equal(device_strchr(text, '\0'), text + strlen(text));
    assert_null(device_strchr(text, '-'));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(moves_and_copies_agree),
        cmocka_unit_test(sets_agree),
        cmocka_unit_test(comparisons_agree),
        cmocka_unit_test(string_searches_agree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
