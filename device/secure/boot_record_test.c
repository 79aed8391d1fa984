/* The boot record: what is stored is found again, what is altered is not believed (T-06), and a power cut at any flash
 * operation leaves old or new (T-07). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "device/abi/flash_map.h"
#include "device/abi/memory_map.h"
#include "device/boards/host/host_board.h"
#include "device/secure/boot_record.h"

static const uint8_t KEY[32] = {1, 2, 3};
static const uint8_t NEXT_KEY[32] = {4, 5, 6};
static const uint8_t SEED[32] = {7};

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

static void record_make(struct boot_record *record)
{
    assert_true(error_is(boot_record_open(record, KEY), ERROR_CODE_BOOT_RECORD));
    assert_int_equal(record->state.boot_count, 0);
    record->state.active_slot[COMPONENT_MONITOR] = 1;
    record->state.attempt_count[COMPONENT_BASE] = 2;
    record->state.given_up[COMPONENT_APP] = 3;
    record->state.epoch_requested = 9;
    record->state.generation_requested = 0x01020304;
    memset(record->state.monitor, 0xA5, sizeof(record->state.monitor));
    must(boot_record_store(record));
}

static void stored_state_is_found_again(void **state)
{
    (void)state;
    struct boot_record record;
    record_make(&record);
    struct boot_record found;
    must(boot_record_open(&found, KEY));
    assert_memory_equal(&found.state, &record.state, sizeof(found.state));
}

static void boots_and_attempts_are_counted_past_their_words(void **state)
{
    (void)state;
    struct boot_record record;
    record_make(&record);
    for (uint32_t count = 1; count <= 200; count++) {
        struct boot_record found;
        must(boot_record_open(&found, KEY));
        must(boot_record_count_boot(&found));
        if (count <= 20) {
            must(boot_record_count_attempt(&found, COMPONENT_MONITOR));
        }
        must(boot_record_open(&found, KEY));
        assert_int_equal(found.state.boot_count, count);
        assert_int_equal(found.state.attempt_count[COMPONENT_MONITOR], count < 20 ? count : 20);
        assert_int_equal(found.state.attempt_count[COMPONENT_BASE], 2);
        assert_int_equal(found.state.active_slot[COMPONENT_MONITOR], 1);
    }
}

static void another_key_finds_nothing(void **state)
{
    (void)state;
    struct boot_record record;
    record_make(&record);
    assert_true(error_is(boot_record_open(&record, NEXT_KEY), ERROR_CODE_BOOT_RECORD));
}

/* T-06: each single bit of head and MAC. */
static void altered_entry_is_refused(void **state)
{
    (void)state;
    struct boot_record record;
    record_make(&record);
    uint8_t *entry = host_board_flash() + record.entry_offset_bytes;
    for (uint32_t bit = 0; bit < 128 * 8; bit++) {
        entry[bit / 8] ^= (uint8_t)(1u << bit % 8);
        struct boot_record found;
        assert_true(error_is(boot_record_open(&found, KEY), ERROR_CODE_BOOT_RECORD));
        entry[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    must(boot_record_open(&record, KEY));
}

static void altered_newest_entry_gives_the_one_before(void **state)
{
    (void)state;
    struct boot_record record;
    record_make(&record);
    record.state.epoch_requested = 10;
    must(boot_record_store(&record));
    host_board_flash()[record.entry_offset_bytes + 40] ^= 1;
    must(boot_record_open(&record, KEY));
    assert_int_equal(record.state.epoch_requested, 9);
}

/* An entry with the highest sequence, made by whoever has the key, must not block its successors. */
static void endless_stores_keep_the_newest(void **state)
{
    (void)state;
    struct boot_record record;
    record_make(&record);
    for (uint32_t count = 0; count < 300; count++) {
        record.state.epoch_requested = count;
        must(boot_record_store(&record));
        struct boot_record found;
        must(boot_record_open(&found, KEY));
        assert_int_equal(found.state.epoch_requested, count);
        assert_int_equal(found.entry_sequence, record.entry_sequence);
    }
}

static void either_key_finds_an_entry_around_an_epoch_step(void **state)
{
    (void)state;
    struct boot_record record;
    record_make(&record);
    for (uint32_t round = 0; round < 40; round++) {
        /* Power goes after the entry and before the step, again and again. */
        must(boot_record_open(&record, KEY));
        must(boot_record_count_boot(&record));
        uint32_t boot_count = record.state.boot_count;
        assert_int_equal(boot_count, round + 1);
        record.state.epoch_requested = 0;
        must(boot_record_store_next_epoch(&record, NEXT_KEY));
        struct boot_record next;
        must(boot_record_open(&next, NEXT_KEY));
        assert_int_equal(next.state.boot_count, boot_count);
        assert_int_equal(next.state.epoch_requested, 0);
    }
}

/* One start of a device that counts, and stores now and then; the values that a cut must not take back. */
static struct {
    uint32_t boot_count;
    uint32_t requested;
} durable;

static void program_count(void)
{
    struct boot_record record;
    struct error error = boot_record_open(&record, KEY);
    assert_true(error_is_none(error) || (error_is(error, ERROR_CODE_BOOT_RECORD) && durable.boot_count == 0));
    assert_true(record.state.boot_count >= durable.boot_count);
    assert_true(record.state.epoch_requested >= durable.requested);
    assert_true(record.state.boot_count <= durable.boot_count + 1);
    assert_true(record.state.epoch_requested <= durable.requested + 1);
    durable.boot_count = record.state.boot_count;
    durable.requested = record.state.epoch_requested;
    must(boot_record_count_boot(&record));
    durable.boot_count = record.state.boot_count;
    must(boot_record_count_attempt(&record, COMPONENT_MONITOR));
    record.state.attempt_count[COMPONENT_MONITOR] = 0;
    record.state.epoch_requested++;
    must(boot_record_store(&record));
    durable.requested = record.state.epoch_requested;
}

/* T-07: every operation of forty starts is cut in each way; each cut start is followed by a whole one. */
static void power_cut_anywhere_leaves_old_or_new(void **state)
{
    (void)state;
    memset(&durable, 0, sizeof(durable));
    uint32_t cut_count = 0;
    for (uint32_t start = 0; start < 40; start++) {
        for (uint32_t operation = 0;; operation++) {
            bool cut = false;
            for (int kind = 0; kind < HOST_CUT_COUNT; kind++) {
                host_board_power_on(SEED);
                host_board_cut_power(operation, (enum host_cut)kind);
                cut = host_board_run(program_count) == HOST_EVENT_POWER_CUT;
                cut_count += cut ? 1 : 0;
            }
            host_board_power_on(SEED);
            assert_int_equal(host_board_run(program_count), HOST_EVENT_RETURNED);
            if (!cut) {
                break;
            }
        }
    }
    assert_true(cut_count > 1000);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, board_setup, board_teardown)
    const struct CMUnitTest tests[] = {
        TEST(stored_state_is_found_again),
        TEST(boots_and_attempts_are_counted_past_their_words),
        TEST(another_key_finds_nothing),
        TEST(altered_entry_is_refused),
        TEST(altered_newest_entry_gives_the_one_before),
        TEST(endless_stores_keep_the_newest),
        TEST(either_key_finds_an_entry_around_an_epoch_step),
        TEST(power_cut_anywhere_leaves_old_or_new),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
