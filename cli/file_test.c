#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/ensure.h"
#include "cli/file.h"

void ensure_failed(const char *file, uint32_t line)
{
    fail_msg("%s:%u", file, (unsigned int)line);
    abort();
}

static struct file_path folder;

static int make_folder(void **state)
{
    (void)state;
    folder = file_path_format("/tmp/sopris-file-test-XXXXXX");
    return mkdtemp(folder.text) == NULL;
}

static int remove_folder(void **state)
{
    (void)state;
    return rmdir(folder.text); /* fails, and the test with it, if a temporary file was left behind */
}

static void test_write_and_replace(void **state)
{
    struct file_path path = file_path_join(folder.text, "public");
    struct buffer contents = {NULL, 0, 0};
    (void)state;
    assert_true(outcome_is_ok(file_write(path.text, span_of("one", 3), FILE_PUBLIC)));
    assert_true(outcome_is_ok(file_write(path.text, span_of("three", 5), FILE_PUBLIC)));
    assert_true(outcome_is_ok(file_read(path.text, 5, &contents)));
    assert_int_equal(contents.size, 5);
    assert_string_equal((const char *)contents.data, "three");
    file_forget(&contents);
    assert_false(outcome_is_ok(file_read(path.text, 4, &contents)));
    assert_null(contents.data);
    unlink(path.text);
}

static void test_keys_are_never_overwritten(void **state)
{
    struct file_path path = file_path_join(folder.text, "key");
    struct buffer contents = {NULL, 0, 0};
    struct stat status;
    (void)state;
    assert_true(outcome_is_ok(file_create(path.text, span_of("old", 3), FILE_SECRET)));
    assert_int_equal(stat(path.text, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    assert_int_equal(file_create(path.text, span_of("new", 3), FILE_SECRET).exit_code, EXIT_CODE_REFUSED);
    assert_true(outcome_is_ok(file_read(path.text, 100, &contents)));
    assert_string_equal((const char *)contents.data, "old");
    file_forget(&contents);
    unlink(path.text);
}

static void test_large_files_are_read_whole(void **state)
{
    struct file_path path = file_path_join(folder.text, "large");
    static uint8_t bytes[100000];
    struct buffer contents = {NULL, 0, 0};
    (void)state;
    for (size_t index = 0; index < sizeof bytes; index++) {
        bytes[index] = (uint8_t)(index * 7);
    }
    assert_true(outcome_is_ok(file_write(path.text, SPAN_OF(bytes), FILE_PUBLIC)));
    assert_true(outcome_is_ok(file_read(path.text, sizeof bytes, &contents)));
    assert_int_equal(contents.size, sizeof bytes);
    assert_memory_equal(contents.data, bytes, sizeof bytes);
    file_forget(&contents);
    unlink(path.text);
}

static void test_failures_are_refusals(void **state)
{
    struct buffer contents = {NULL, 0, 0};
    (void)state;
    assert_int_equal(file_read("/nonexistent/file", 10, &contents).exit_code, EXIT_CODE_REFUSED);
    assert_int_equal(file_write("/nonexistent/file", SPAN_EMPTY, FILE_PUBLIC).exit_code, EXIT_CODE_REFUSED);
    assert_int_equal(file_make_folder("/proc/no/such").exit_code, EXIT_CODE_REFUSED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_write_and_replace),
        cmocka_unit_test(test_keys_are_never_overwritten),
        cmocka_unit_test(test_large_files_are_read_whole),
        cmocka_unit_test(test_failures_are_refusals),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
