#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/ensure.h"
#include "broker/devices.h"
#include "broker/follower.h"

void ensure_failed(const char *file, uint32_t line)
{
    print_error("%s:%u\n", file, line);
    abort();
}

static const struct ueid ueid = {{UEID_TYPE_RAND, 7}};

struct journal {
    char path[64];
    struct revocation_chain chain;
    struct follower follower;
    size_t seen_count;
    uint32_t last_epoch;
};

static void journal_make(struct journal *journal)
{
    *journal = (struct journal){.path = "/tmp/sopris-broker-test-XXXXXX"};
    int fd = mkstemp(journal->path);
    assert_true(fd >= 0);
    close(fd);
    follower_open(&journal->follower, journal->path);
}

static void journal_remove(struct journal *journal)
{
    follower_close(&journal->follower);
    unlink(journal->path);
}

static void append(const char *path, const void *bytes, size_t size_bytes)
{
    FILE *file = fopen(path, "ab");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size_bytes, file), size_bytes);
    fclose(file);
}

static void journal_append(struct journal *journal, uint32_t epoch)
{
    uint8_t bytes[REVOCATION_SIZE_BYTES];
    struct revocation entry = {.kind = REVOCATION_EPOCH_MIN, .ueid = ueid, .epoch = epoch};
    revocation_encode(&entry, &journal->chain, bytes);
    append(journal->path, bytes, sizeof bytes);
}

static void take(void *context, const struct revocation *entry)
{
    struct journal *journal = context;
    journal->seen_count++;
    journal->last_epoch = entry->epoch;
}

static struct error read_on(struct journal *journal)
{
    return follower_read(&journal->follower, take, journal);
}

static void what_is_appended_is_seen_once(void **state)
{
    (void)state;
    struct journal journal;
    journal_make(&journal);
    assert_true(error_is_none(read_on(&journal)));
    for (uint32_t epoch = 1; epoch <= 600; epoch++) {
        journal_append(&journal, epoch);
        if (epoch % 299 == 0) {
            assert_true(error_is_none(read_on(&journal)));
            assert_int_equal(journal.seen_count, epoch);
            assert_int_equal(journal.last_epoch, epoch);
        }
    }
    assert_true(error_is_none(read_on(&journal)));
    assert_true(error_is_none(read_on(&journal)));
    assert_int_equal(journal.seen_count, 600);
    journal_remove(&journal);
}

static void torn_entry_waits_until_it_is_whole(void **state)
{
    (void)state;
    struct journal journal;
    journal_make(&journal);
    uint8_t bytes[REVOCATION_SIZE_BYTES];
    struct revocation entry = {.kind = REVOCATION_ORDER, .ueid = ueid, .epoch = 5};
    revocation_encode(&entry, &journal.chain, bytes);
    append(journal.path, bytes, sizeof bytes - 1);
    assert_true(error_is_none(read_on(&journal)));
    assert_int_equal(journal.seen_count, 0);
    append(journal.path, bytes + sizeof bytes - 1, 1);
    assert_true(error_is_none(read_on(&journal)));
    assert_int_equal(journal.seen_count, 1);
    journal_remove(&journal);
}

static void altered_shortened_and_missing_files_are_errors(void **state)
{
    (void)state;
    struct journal journal;
    journal_make(&journal);
    journal_append(&journal, 1);
    journal_append(&journal, 2);
    assert_true(error_is_none(read_on(&journal)));
    assert_int_equal(truncate(journal.path, REVOCATION_SIZE_BYTES), 0);
    assert_true(error_is(read_on(&journal), ERROR_CODE_REVOCATION_BEHIND));
    assert_true(error_is_none(read_on(&journal))); /* from the start */
    journal_append(&journal, 3); /* follows on an entry that is gone */
    assert_true(error_is(read_on(&journal), ERROR_CODE_REVOCATION_CHAIN));
    unlink(journal.path);
    assert_true(error_is(read_on(&journal), ERROR_CODE_REVOCATION_IO));
    follower_close(&journal.follower);
}

static void exchanged_file_is_read_from_its_start(void **state)
{
    (void)state;
    struct journal journal;
    struct journal other;
    journal_make(&journal);
    journal_make(&other);
    journal_append(&journal, 1);
    assert_true(error_is_none(read_on(&journal)));
    journal_append(&other, 8);
    journal_append(&other, 9);
    assert_int_equal(rename(other.path, journal.path), 0);
    assert_true(error_is_none(read_on(&journal)));
    assert_int_equal(journal.seen_count, 3);
    assert_int_equal(journal.last_epoch, 9);
    journal_remove(&journal);
}

static void epochs_only_rise_and_quarantine_ends(void **state)
{
    (void)state;
    struct devices *devices = devices_open();
    struct device *device = devices_get(devices, &ueid);
    assert_non_null(device);
    assert_ptr_equal(device, devices_get(devices, &ueid));
    assert_true(device_may_connect(device, 1));
    device_revoke(device, &(struct revocation){.kind = REVOCATION_ORDER, .epoch = 4});
    device_revoke(device, &(struct revocation){.kind = REVOCATION_EPOCH_MIN, .epoch = 3});
    assert_false(device_may_connect(device, 3));
    assert_true(device_may_connect(device, 4));
    device_revoke(device, &(struct revocation){.kind = REVOCATION_QUARANTINE});
    assert_false(device_may_connect(device, 5));
    device_revoke(device, &(struct revocation){.kind = REVOCATION_RELEASE});
    assert_true(device_may_connect(device, 5));
    for (uint16_t number = 0; number < 1000; number++) {
        struct ueid other = {{UEID_TYPE_RAND, 9, (uint8_t)(number >> 8), (uint8_t)number}};
        assert_ptr_not_equal(devices_get(devices, &other), device);
    }
    assert_ptr_equal(device, devices_get(devices, &ueid));
    devices_close(devices);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_appended_is_seen_once),
        cmocka_unit_test(torn_entry_waits_until_it_is_whole),
        cmocka_unit_test(altered_shortened_and_missing_files_are_errors),
        cmocka_unit_test(exchanged_file_is_read_from_its_start),
        cmocka_unit_test(epochs_only_rise_and_quarantine_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
