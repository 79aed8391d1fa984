/* T-17: the conformance suite on SQLite, and what is SQLite's own: damage and versions. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <ftw.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "service/store/store.h"
#include "service/store/store_conformance.h"

static char folder[] = "/tmp/sqlite_test_XXXXXX";

static const char *new_location(void)
{
    static int number;
    static char path[64];
    snprintf(path, sizeof path, "%s/store%d.db", folder, number++);
    return path;
}

static void execute(const char *path, const char *text)
{
    sqlite3 *database = NULL;
    assert_int_equal(sqlite3_open(path, &database), SQLITE_OK);
    assert_int_equal(sqlite3_exec(database, text, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(database);
}

static void another_version_is_refused(void **state)
{
    (void)state;
    const char *path = new_location();
    struct store *store = NULL;
    execute(path, "PRAGMA user_version = 999");
    assert_true(error_is(store_open(path, &store), ERROR_CODE_STORE_VERSION));
    assert_null(store);
}

static void version_1_is_taken_over(void **state)
{
    (void)state;
    const char *path = new_location();
    struct store *store = NULL;
    struct operator_record record = {.name = "first", .role = ROLE_ADMIN};
    bool is_used = true;
    assert_true(error_is_none(store_open(path, &store)));
    assert_true(error_is_none(store_begin(store)));
    assert_true(error_is_none(store_operator_add(store, &record)));
    assert_true(error_is_none(store_commit(store)));
    store_close(store);
    execute(path, "DROP TABLE alert; DROP TABLE elf; DROP TABLE failure_device; DROP TABLE failure; DROP TABLE failure_log;"
                  "DROP TABLE refresh_target; DROP TABLE refresh; DROP TABLE journal; DROP TABLE revoked; DROP TABLE keyset; DROP TABLE target_count;"
                  "DROP TABLE command; DROP TABLE target; DROP TABLE rollout; DROP TABLE image; DROP TABLE membership;"
                  "DROP TABLE report; ALTER TABLE device DROP COLUMN generations; ALTER TABLE device DROP COLUMN endpoints;"
                  "ALTER TABLE maker DROP COLUMN identity; PRAGMA user_version = 1");
    assert_true(error_is_none(store_open(path, &store)));
    assert_true(error_is_none(store_begin(store)));
    assert_true(error_is_none(store_operator_find(store, &record.certificate_digest, &record)));
    assert_true(error_is_none(store_command_is_used(store, &record.certificate_digest, span_of("n", 1), &is_used)));
    assert_false(is_used);
    struct rollout_record rollout = {.component = COMPONENT_BASE, .state = ROLLOUT_RUNNING};
    assert_true(error_is_none(store_rollout_add(store, &rollout)));
    store_rollback(store);
    store_close(store);
}

static void something_else_is_refused(void **state)
{
    (void)state;
    const char *path = new_location();
    struct store *store = NULL;
    FILE *file = fopen(path, "we");
    for (int index = 0; index < 1000; index++) {
        fputs("not a database\n", file);
    }
    fclose(file);
    assert_true(error_is(store_open(path, &store), ERROR_CODE_STORE_IO));
}

static void damaged_record_is_an_error(void **state)
{
    (void)state;
    const char *path = new_location();
    struct store *store = NULL;
    struct device_record record = {.ueid = {{1}}};
    assert_true(error_is_none(store_open(path, &store)));
    assert_true(error_is_none(store_begin(store)));
    assert_true(error_is_none(store_device_save(store, &record)));
    assert_true(error_is_none(store_commit(store)));
    execute(path, "UPDATE device SET challenge = x'0102'");
    assert_true(error_is_none(store_begin(store)));
    assert_true(error_is(store_device_load(store, &record.ueid, &record), ERROR_CODE_STORE_IO));
    store_rollback(store);
    store_close(store);
}

static int remove_entry(const char *path, const struct stat *info, int type, struct FTW *where)
{
    (void)info;
    (void)type;
    (void)where;
    return remove(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(another_version_is_refused),
        cmocka_unit_test(version_1_is_taken_over),
        cmocka_unit_test(something_else_is_refused),
        cmocka_unit_test(damaged_record_is_an_error),
    };
    if (mkdtemp(folder) == NULL) {
        return 1;
    }
    int failed_count = store_conformance_run(new_location);
    failed_count += cmocka_run_group_tests(tests, NULL, NULL);
    nftw(folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    return failed_count;
}
