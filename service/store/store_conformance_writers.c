/* Two writers on one store, and one that is killed. T-17. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "service/store/store.h"
#include "service/store/store_conformance.h"

#define UPDATE_COUNT 100

static const struct ueid shared = {{1}};

static struct store *open_store(const char *location)
{
    struct store *store = NULL;
    assert_true(error_is_none(store_open(location, &store)));
    return store;
}

static void add_shared_device(const char *location)
{
    struct store *store = open_store(location);
    struct device_record record = {.ueid = shared};
    assert_true(error_is_none(store_begin(store)));
    assert_true(error_is_none(store_device_save(store, &record)));
    assert_true(error_is_none(store_commit(store)));
    store_close(store);
}

static struct device_record load_shared_device(const char *location)
{
    struct store *store = open_store(location);
    struct device_record record;
    assert_true(error_is_none(store_begin(store)));
    assert_true(error_is_none(store_device_load(store, &shared, &record)));
    store_rollback(store);
    store_close(store);
    return record;
}

static struct error load_and_end(struct store *store, struct device_record *out)
{
    TRY(store_begin(store));
    struct error error = store_device_load(store, &shared, out);
    store_rollback(store);
    return error;
}

static struct error save_and_end(struct store *store, struct device_record *record)
{
    TRY(store_begin(store));
    struct error error = store_device_save(store, record);
    if (!error_is_none(error)) {
        store_rollback(store);
        return error;
    }
    return store_commit(store);
}

/* Both load the same version; the second to save is told, and its record is not written. */
void store_two_writers_conflict(const char *location)
{
    struct device_record first;
    struct device_record second;
    add_shared_device(location);
    struct store *a = open_store(location);
    struct store *b = open_store(location);
    assert_true(error_is_none(load_and_end(a, &first)));
    assert_true(error_is_none(load_and_end(b, &second)));
    first.sequence = 11;
    second.sequence = 22;
    assert_true(error_is_none(save_and_end(a, &first)));
    assert_true(error_is(save_and_end(b, &second), ERROR_CODE_STORE_CONFLICT));
    store_close(a);
    store_close(b);
    assert_int_equal(load_shared_device(location).sequence, 11);
}

/* Adds one to the sequence UPDATE_COUNT times, loading again after each conflict. Loads outside the transaction that
 * saves, so that conflicts do happen. */
static bool count_up(const char *location)
{
    struct store *store = NULL;
    if (!error_is_none(store_open(location, &store))) {
        return false;
    }
    for (int done = 0; done < UPDATE_COUNT;) {
        struct device_record record;
        if (!error_is_none(load_and_end(store, &record))) {
            return false;
        }
        record.sequence++;
        struct error error = save_and_end(store, &record);
        if (error_is_none(error)) {
            done++;
        } else if (!error_is(error, ERROR_CODE_STORE_CONFLICT)) {
            return false;
        }
    }
    store_close(store);
    return true;
}

void store_two_processes_lose_no_update(const char *location)
{
    pid_t writers[2];
    add_shared_device(location);
    for (size_t index = 0; index < 2; index++) {
        writers[index] = fork();
        if (writers[index] == 0) {
            _exit(count_up(location) ? 0 : 1);
        }
    }
    for (size_t index = 0; index < 2; index++) {
        int status = 1;
        assert_int_equal(waitpid(writers[index], &status, 0), writers[index]);
        assert_int_equal(status, 0);
    }
    assert_int_equal(load_shared_device(location).sequence, 2 * UPDATE_COUNT);
}

/* Each transaction writes boot count and sequence in two saves; says so over the pipe once it is committed. */
__attribute__((noreturn)) static void write_until_killed(const char *location, int pipe_fd)
{
    struct store *store = NULL;
    if (!error_is_none(store_open(location, &store))) {
        _exit(1);
    }
    for (uint32_t number = 1;; number++) {
        struct device_record record;
        bool ok = error_is_none(store_begin(store)) && error_is_none(store_device_load(store, &shared, &record));
        record.boot_count = number;
        ok = ok && error_is_none(store_device_save(store, &record));
        record.sequence = number;
        ok = ok && error_is_none(store_device_save(store, &record)) && error_is_none(store_commit(store));
        if (!ok || write(pipe_fd, &number, sizeof number) != (ssize_t)sizeof number) {
            _exit(1);
        }
    }
}

void store_killed_writer_leaves_whole_commits(const char *location)
{
    int ends[2];
    uint32_t said = 0;
    add_shared_device(location);
    assert_int_equal(pipe(ends), 0);
    pid_t writer = fork();
    if (writer == 0) {
        write_until_killed(location, ends[1]);
    }
    close(ends[1]);
    while (said < 20) {
        assert_int_equal(read(ends[0], &said, sizeof said), sizeof said);
    }
    kill(writer, SIGKILL);
    assert_int_equal(waitpid(writer, NULL, 0), writer);
    while (read(ends[0], &said, sizeof said) == (ssize_t)sizeof said) {
    }
    close(ends[0]);
    struct device_record record = load_shared_device(location);
    assert_int_equal(record.boot_count, record.sequence);
    assert_true(record.sequence >= said);
}
