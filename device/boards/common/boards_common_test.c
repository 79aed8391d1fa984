/* NOR rules of the flash driver and the unary counters, cut off at every operation (T-07). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "device/abi/flash_map.h"
#include "device/abi/memory_map.h"
#include "device/boards/host/host_board.h"
#include "device/hal/counter.h"
#include "device/hal/flash.h"

static const uint8_t SEED[32] = {1};

static int board_setup(void **state)
{
    (void)state;
    struct host_board_config config = {.console_fd = -1};
    assert_true(host_board_open(&config));
    host_board_power_on(SEED);
    return 0;
}

static int board_teardown(void **state)
{
    (void)state;
    host_board_close();
    return 0;
}

static void must(struct error error)
{
    assert_string_equal(error_name(error), "NONE");
}

static void flash_follows_the_rules_of_nor(void **state)
{
    (void)state;
    static const uint8_t first[8] = {0x0F, 0xFF, 0xFF, 0xFF, 1, 2, 3, 4};
    static const uint8_t fewer[8] = {0x0E, 0xFF, 0xFF, 0xFF, 1, 2, 3, 0};
    static const uint8_t more[8] = {0x0E, 0xFF, 0xFF, 0xFF, 1, 2, 3, 8};
    uint8_t read[8];
    must(hal_flash_program(64, SPAN_OF(first)));
    must(hal_flash_program(64, SPAN_OF(fewer)));
    assert_true(error_is(hal_flash_program(64, SPAN_OF(more)), ERROR_CODE_FLASH_NOT_ERASED));
    must(hal_flash_read(64, read, sizeof(read)));
    assert_memory_equal(read, fewer, sizeof(read));
    must(hal_flash_read(65, read, 3));
    assert_memory_equal(read, fewer + 1, 3);
    must(hal_flash_erase(0, FLASH_BLOCK_SIZE));
    must(hal_flash_read(64, read, sizeof(read)));
    assert_int_equal(read[0], 0xFF);
}

static void flash_refuses_what_is_outside_or_crooked(void **state)
{
    (void)state;
    uint8_t bytes[8] = {0};
    const uint32_t size = MEMORY_FLASH_SIZE;
    assert_true(error_is(hal_flash_read(size - 4, bytes, 8), ERROR_CODE_FLASH_RANGE));
    assert_true(error_is(hal_flash_read(UINT32_MAX - 3, bytes, 8), ERROR_CODE_FLASH_RANGE));
    assert_true(error_is(hal_flash_program(size - 4, SPAN_OF(bytes)), ERROR_CODE_FLASH_RANGE));
    assert_true(error_is(hal_flash_program(2, SPAN_OF(bytes)), ERROR_CODE_FLASH_ALIGNMENT));
    assert_true(error_is(hal_flash_program(0, span_of(bytes, 6)), ERROR_CODE_FLASH_ALIGNMENT));
    assert_true(error_is(hal_flash_erase(FLASH_WORD_SIZE, FLASH_BLOCK_SIZE), ERROR_CODE_FLASH_ALIGNMENT));
    assert_true(error_is(hal_flash_erase(0, 1), ERROR_CODE_FLASH_ALIGNMENT));
    assert_true(error_is(hal_flash_erase(size, FLASH_BLOCK_SIZE), ERROR_CODE_FLASH_RANGE));
    must(hal_flash_read(size - 8, bytes, 8));
}

static uint32_t raise_to;

static void program_raise(void)
{
    must(hal_counter_raise(HAL_COUNTER_EPOCH, raise_to));
}

static void counter_survives_cuts_and_ends(void **state)
{
    (void)state;
    uint32_t value = 0;
    uint32_t other = 1;
    uint32_t taken_count = 0;
    /* With gaps; both words of a value are cut in each way. */
    for (uint32_t cut = 0; cut < 480; cut++) {
        uint32_t before = value;
        raise_to = before + 1 + (cut % 5) * 1000003;
        host_board_power_on(SEED);
        host_board_cut_power(cut / HOST_CUT_COUNT % 2, (enum host_cut)(cut % HOST_CUT_COUNT));
        assert_int_equal(host_board_run(program_raise), HOST_EVENT_POWER_CUT);
        must(hal_counter_read(HAL_COUNTER_EPOCH, &value));
        assert_true(value == before || value == raise_to);
        taken_count += value == raise_to ? 1 : 0;
    }
    assert_in_range(taken_count, 60, 240); /* those where the second word stood in the end */
    must(hal_counter_read(HAL_COUNTER_RELEASE_GENERATION, &other));
    assert_int_equal(other, 0);
    host_board_power_on(SEED);
    assert_true(error_is(hal_counter_raise(HAL_COUNTER_EPOCH, value), ERROR_CODE_BOOT_COUNTER));
    struct error error = ERROR_NONE;
    while (error_is_none(error)) {
        error = hal_counter_raise(HAL_COUNTER_EPOCH, ++value);
    }
    assert_true(error_is(error, ERROR_CODE_BOOT_COUNTER));
    must(hal_counter_read(HAL_COUNTER_EPOCH, &other));
    assert_int_equal(other, value - 1);
}

static void counter_that_goes_down_is_unreadable(void **state)
{
    (void)state;
    uint32_t value;
    static const uint32_t pairs[] = {8, ~8u, 7, ~7u};
    memcpy(host_board_flash() + FLASH_COUNTERS_OFFSET, pairs, sizeof(pairs));
    assert_true(error_is(hal_counter_read(HAL_COUNTER_EPOCH, &value), ERROR_CODE_BOOT_COUNTER));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, board_setup, board_teardown)
    const struct CMUnitTest tests[] = {
        TEST(flash_follows_the_rules_of_nor),
        TEST(flash_refuses_what_is_outside_or_crooked),
        TEST(counter_survives_cuts_and_ends),
        TEST(counter_that_goes_down_is_unreadable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
