/* Sealed and kept storage: what it holds, hides and survives (T-07, T-21). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "device/abi/flash_map.h"
#include "device/abi/monitor_call.h"
#include "device/boards/host/host_board.h"
#include "device/monitor/claim.h"
#include "device/monitor/fixture_test.h"
#include "device/monitor/state.h"
#include "device/monitor/storage.h"

#define HALF_SIZE_BYTES (FLASH_STORAGE_SIZE / 2)

static struct error store(enum monitor_storage storage_class, uint8_t owner, uint8_t object, struct span data)
{
    uint8_t request[3 + STORAGE_OBJECT_SIZE_BYTES_MAX + 1] = {(uint8_t)storage_class, owner, object};
    for (size_t index = 0; index < data.size; index++) {
        request[3 + index] = data.data[index];
    }
    return fixture_call(MONITOR_CALL_STORE, span_of(request, 3 + data.size)).error;
}

static struct fixture_reply load(enum monitor_storage storage_class, uint8_t owner, uint8_t object)
{
    uint8_t request[3] = {(uint8_t)storage_class, owner, object};
    return fixture_call(MONITOR_CALL_LOAD, SPAN_OF(request));
}

static void expect_object(enum monitor_storage storage_class, uint8_t owner, uint8_t object, struct span data)
{
    struct fixture_reply reply = load(storage_class, owner, object);
    fixture_expect_none(reply.error);
    assert_int_equal(reply.data.size, data.size);
    assert_memory_equal(reply.data.data, data.data, data.size);
}

static bool flash_holds(const void *bytes, size_t size)
{
    return memmem(host_board_flash() + FLASH_STORAGE_OFFSET, FLASH_STORAGE_SIZE, bytes, size) != NULL;
}

static const struct span text = {(const uint8_t *)"a secret that nobody reads in the flash", 39};

static void objects_of_every_size_come_back(void **state)
{
    (void)state;
    uint8_t data[STORAGE_OBJECT_SIZE_BYTES_MAX + 1];
    for (size_t index = 0; index < sizeof(data); index++) {
        data[index] = (uint8_t)(index * 7);
    }
    static const size_t sizes[] = {1, 2, 3, 4, 5, 63, 64, 65, 1000, 1023, 1024};
    fixture_must_boot();
    for (unsigned int class = MONITOR_STORAGE_SEALED; class <= MONITOR_STORAGE_KEPT; class ++) {
        for (size_t index = 0; index < sizeof(sizes) / sizeof(sizes[0]); index++) {
            struct span object = span_of(data, sizes[index]);
            fixture_expect_none(store((enum monitor_storage)class, 1, 1, object));
            expect_object((enum monitor_storage)class, 1, 1, object);
        }
        fixture_must_boot();
        expect_object((enum monitor_storage)class, 1, 1, span_of(data, 1024));
        fixture_expect_error(store((enum monitor_storage)class, 1, 2, SPAN_OF(data)),
                             ERROR_CODE_MONITOR_ARGUMENT);
        fixture_expect_error(load((enum monitor_storage)class, 1, 2).error, ERROR_CODE_MONITOR_NOT_FOUND);
    }
    fixture_expect_error(load((enum monitor_storage)3, 1, 1).error, ERROR_CODE_MONITOR_ARGUMENT);
}

static void names_do_not_mix(void **state)
{
    (void)state;
    fixture_must_boot();
    fixture_expect_none(store(MONITOR_STORAGE_SEALED, 1, 1, span_of("sealed", 6)));
    fixture_expect_none(store(MONITOR_STORAGE_KEPT, 1, 1, span_of("kept", 4)));
    fixture_expect_none(store(MONITOR_STORAGE_SEALED, 2, 1, span_of("other owner", 11)));
    fixture_expect_none(store(MONITOR_STORAGE_SEALED, 1, 2, span_of("other object", 12)));
    expect_object(MONITOR_STORAGE_SEALED, 1, 1, span_of("sealed", 6));
    expect_object(MONITOR_STORAGE_KEPT, 1, 1, span_of("kept", 4));
    expect_object(MONITOR_STORAGE_SEALED, 2, 1, span_of("other owner", 11));
    expect_object(MONITOR_STORAGE_SEALED, 1, 2, span_of("other object", 12));
    fixture_expect_error(load(MONITOR_STORAGE_SEALED, 3, 1).error, ERROR_CODE_MONITOR_NOT_FOUND);

    fixture_expect_none(store(MONITOR_STORAGE_SEALED, 1, 1, SPAN_EMPTY));
    fixture_expect_error(load(MONITOR_STORAGE_SEALED, 1, 1).error, ERROR_CODE_MONITOR_NOT_FOUND);
    expect_object(MONITOR_STORAGE_KEPT, 1, 1, span_of("kept", 4));
    uint32_t operations = host_board_operation_count();
    fixture_expect_none(store(MONITOR_STORAGE_SEALED, 1, 1, SPAN_EMPTY));
    fixture_expect_none(store(MONITOR_STORAGE_SEALED, 9, 9, SPAN_EMPTY));
    assert_int_equal(host_board_operation_count(), operations);
}

static void sealed_is_secret_and_kept_is_not(void **state)
{
    (void)state;
    fixture_must_boot();
    fixture_expect_none(store(MONITOR_STORAGE_SEALED, 1, 1, text));
    assert_false(flash_holds(text.data, 8));
    fixture_expect_none(store(MONITOR_STORAGE_KEPT, 1, 1, text));
    assert_true(flash_holds(text.data, text.size));
}

/* The same bytes stored twice never look the same, not even after the store was put back to an earlier state. */
static void no_keystream_is_used_twice(void **state)
{
    (void)state;
    static uint8_t before[FLASH_STORAGE_SIZE];
    static uint8_t after[FLASH_STORAGE_SIZE];
    uint8_t *region = host_board_flash() + FLASH_STORAGE_OFFSET;
    fixture_must_boot();
    fixture_expect_none(store(MONITOR_STORAGE_KEPT, 1, 7, span_of("x", 1)));
    memcpy(before, region, sizeof(before));
    fixture_expect_none(store(MONITOR_STORAGE_SEALED, 1, 1, text));
    memcpy(after, region, sizeof(after));
    memcpy(region, before, sizeof(before));
    fixture_expect_none(store(MONITOR_STORAGE_SEALED, 1, 1, text));
    size_t start = 0;
    while (after[start] == before[start]) {
        start++;
    }
    size_t data_offset = start + 48;
    assert_memory_not_equal(region + data_offset, after + data_offset, text.size);
    expect_object(MONITOR_STORAGE_SEALED, 1, 1, text);
}

static void every_altered_bit_is_noticed(void **state)
{
    (void)state;
    static const enum monitor_storage classes[] = {MONITOR_STORAGE_SEALED, MONITOR_STORAGE_KEPT};
    for (size_t class = 0; class < 2; class ++) {
        fixture_must_boot();
        fixture_expect_none(store(classes[class], 1, 1, text));
        uint8_t *region = host_board_flash() + FLASH_STORAGE_OFFSET;
        for (size_t bit = 0; bit < (16 + 48 + 40) * 8; bit++) {
            region[bit / 8] ^= (uint8_t)(1u << (bit % 8));
            struct fixture_reply reply = load(classes[class], 1, 1);
            if (error_is_none(reply.error)) {
                /* Bits that say nothing: the half's generation and counter are checked, the padding is not. */
                assert_true(bit / 8 == 16 + 48 + 39);
            }
            region[bit / 8] ^= (uint8_t)(1u << (bit % 8));
        }
        expect_object(classes[class], 1, 1, text);
        fixture_teardown(NULL);
        fixture_setup(NULL);
    }
}

/* A record cannot pass as one of another object, owner or class. */
static void records_cannot_be_renamed(void **state)
{
    (void)state;
    fixture_must_boot();
    fixture_expect_none(store(MONITOR_STORAGE_SEALED, 1, 1, text));
    uint8_t *name = host_board_flash() + FLASH_STORAGE_OFFSET + 16 + 36;
    name[1] = 2;
    fixture_expect_error(load(MONITOR_STORAGE_SEALED, 2, 1).error, ERROR_CODE_MONITOR_SEAL);
    name[1] = 1;
    name[2] = 9;
    fixture_expect_error(load(MONITOR_STORAGE_SEALED, 1, 9).error, ERROR_CODE_MONITOR_SEAL);
    name[2] = 1;
    name[0] = MONITOR_STORAGE_KEPT;
    fixture_expect_error(load(MONITOR_STORAGE_KEPT, 1, 1).error, ERROR_CODE_MONITOR_SEAL);
}

static void sealed_dies_with_the_epoch_and_kept_does_not(void **state)
{
    (void)state;
    fixture_must_boot();
    fixture_expect_none(store(MONITOR_STORAGE_SEALED, 1, 1, text));
    fixture_expect_none(store(MONITOR_STORAGE_KEPT, 1, 2, text));
    fixture_expect_none(claim_request_epoch());
    fixture_must_boot();
    assert_int_equal(monitor.handoff.epoch, 1);
    fixture_expect_error(load(MONITOR_STORAGE_SEALED, 1, 1).error, ERROR_CODE_MONITOR_SEAL);
    expect_object(MONITOR_STORAGE_KEPT, 1, 2, text);
    fixture_expect_none(store(MONITOR_STORAGE_SEALED, 1, 1, span_of("new", 3)));
    expect_object(MONITOR_STORAGE_SEALED, 1, 1, span_of("new", 3));
}

static void an_owner_has_a_share_and_no_more(void **state)
{
    (void)state;
    uint8_t data[STORAGE_OBJECT_SIZE_BYTES_MAX] = {0};
    fixture_must_boot();
    for (uint8_t owner = 1; owner <= 7; owner++) {
        for (uint8_t object = 0; object < 3; object++) {
            fixture_expect_none(store(MONITOR_STORAGE_KEPT, owner, object, SPAN_OF(data)));
        }
        fixture_expect_error(store(MONITOR_STORAGE_SEALED, owner, 3, SPAN_OF(data)), ERROR_CODE_MONITOR_CAPACITY);
        /* What it has may be written again. */
        fixture_expect_none(store(MONITOR_STORAGE_KEPT, owner, 2, SPAN_OF(data)));
    }
    uint8_t owner = 8;
    while (error_is_none(store(MONITOR_STORAGE_KEPT, owner, 0, SPAN_OF(data)))) {
        owner++;
        assert_true(owner < 100);
    }
    /* Full is full, without an erase. */
    uint32_t operations = host_board_operation_count();
    fixture_expect_error(store(MONITOR_STORAGE_KEPT, owner, 0, SPAN_OF(data)), ERROR_CODE_MONITOR_CAPACITY);
    assert_int_equal(host_board_operation_count(), operations);
    fixture_expect_none(store(MONITOR_STORAGE_KEPT, 1, 0, SPAN_EMPTY));
    fixture_expect_none(store(MONITOR_STORAGE_KEPT, owner, 0, SPAN_OF(data)));
}

static void many_writes_move_between_the_halves(void **state)
{
    (void)state;
    uint8_t data[300];
    fixture_must_boot();
    fixture_expect_none(store(MONITOR_STORAGE_SEALED, 2, 2, text));
    for (uint32_t turn = 0; turn < 301; turn++) {
        memset(data, (int)(turn & 0xFF), sizeof(data));
        fixture_expect_none(store(MONITOR_STORAGE_SEALED, 1, (uint8_t)(turn % 3), SPAN_OF(data)));
    }
    fixture_must_boot();
    expect_object(MONITOR_STORAGE_SEALED, 1, 0, SPAN_OF(data));
    expect_object(MONITOR_STORAGE_SEALED, 2, 2, text);
}

static uint8_t cut_data[200];

static void run_store(void)
{
    (void)store(MONITOR_STORAGE_SEALED, 1, 1, SPAN_OF(cut_data));
}

/* All operations with SWEEP=complete in the environment, else all of the first and a sample of the others. */
static uint32_t next_operation(uint32_t operation)
{
    const char *sweep = getenv("SWEEP");
    bool complete = sweep != NULL && strcmp(sweep, "complete") == 0;
    return complete || operation < 12 ? operation + 1 : operation + 13;
}

/* Power cuts over a write, and a second cut over the write that follows the first: old or new, never neither, and all
 * else intact. start_fill: how full the half is, so that the sweep meets a plain append and a compaction. */
static uint32_t sweep_store(uint32_t start_fill)
{
    static uint8_t flash[FLASH_STORAGE_OFFSET + FLASH_STORAGE_SIZE];
    uint8_t old_data[200];
    uint32_t tried = 0;
    memset(old_data, 0x01, sizeof(old_data));
    for (uint32_t turn = 0; turn < start_fill; turn++) {
        fixture_expect_none(store(MONITOR_STORAGE_SEALED, 1, 1, SPAN_OF(old_data)));
    }
    memcpy(flash, host_board_flash(), sizeof(flash));
    for (uint32_t operation = 0;; operation = next_operation(operation)) {
        for (uint32_t cut = 0; cut < HOST_CUT_COUNT; cut++) {
            memcpy(host_board_flash(), flash, sizeof(flash));
            fixture_must_boot();
            memset(cut_data, 0x02, sizeof(cut_data));
            host_board_cut_power(host_board_operation_count() + operation, (enum host_cut)cut);
            if (host_board_run(run_store) == HOST_EVENT_RETURNED) {
                fixture_must_boot(); /* Disarms the cut that never came. */
                return tried;
            }
            fixture_must_boot();
            struct fixture_reply reply = load(MONITOR_STORAGE_SEALED, 1, 1);
            fixture_expect_none(reply.error);
            assert_int_equal(reply.data.size, sizeof(old_data));
            assert_true(memcmp(reply.data.data, old_data, sizeof(old_data)) == 0 ||
                        memcmp(reply.data.data, cut_data, sizeof(cut_data)) == 0);
            expect_object(MONITOR_STORAGE_KEPT, 2, 2, text);
            /* A second cut, wherever it comes, in the write that repairs. */
            memset(cut_data, 0x03, sizeof(cut_data));
            host_board_cut_power(host_board_operation_count() + operation % 61, HOST_CUT_TORN_LOW);
            (void)host_board_run(run_store);
            fixture_must_boot();
            fixture_expect_none(load(MONITOR_STORAGE_SEALED, 1, 1).error);
            expect_object(MONITOR_STORAGE_KEPT, 2, 2, text);
            fixture_expect_none(store(MONITOR_STORAGE_SEALED, 1, 1, SPAN_OF(cut_data)));
            expect_object(MONITOR_STORAGE_SEALED, 1, 1, SPAN_OF(cut_data));
            tried++;
        }
    }
}

static void power_cuts_leave_old_or_new(void **state)
{
    (void)state;
    fixture_must_boot();
    fixture_expect_none(store(MONITOR_STORAGE_KEPT, 2, 2, text));
    fixture_expect_none(store(MONITOR_STORAGE_SEALED, 1, 1, SPAN_OF(cut_data)));
    uint32_t append = sweep_store(1);
    /* 248 bytes a record: fill the half, so that the next write has to move it. */
    uint32_t compaction = sweep_store(HALF_SIZE_BYTES / 248 - 4);
    print_message("%u cuts over an append, %u over a compaction\n", append, compaction);
    assert_true(append > 50);
    assert_true(compaction > append);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
    const struct CMUnitTest tests[] = {
        TEST(objects_of_every_size_come_back),
        TEST(names_do_not_mix),
        TEST(sealed_is_secret_and_kept_is_not),
        TEST(no_keystream_is_used_twice),
        TEST(every_altered_bit_is_noticed),
        TEST(records_cannot_be_renamed),
        TEST(sealed_dies_with_the_epoch_and_kept_does_not),
        TEST(an_owner_has_a_share_and_no_more),
        TEST(many_writes_move_between_the_halves),
        TEST(power_cuts_leave_old_or_new),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
