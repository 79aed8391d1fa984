#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/ensure.h"
#include "cli/command.h"

void ensure_failed(const char *file, uint32_t line)
{
    fail_msg("%s:%u", file, (unsigned int)line);
    abort();
}

/* What the last run of the command below got. */
static struct {
    bool ran;
    const char *positional;
    const char *value;
    bool home; /* the workspace is the folder "home" */
    bool flag;
    uint64_t number;
    enum output_format format;
} seen;

static struct outcome run_probe(const struct invocation *invocation)
{
    const char *value = invocation_option(invocation, "--value");
    seen.ran = true;
    PROCEED(invocation_number(invocation, "--number", 1, 9, 5, &seen.number));
    seen.positional = invocation->positionals[0];
    seen.value = value;
    seen.home = strcmp(invocation->workspace.folder.text, "home") == 0;
    seen.flag = invocation_option(invocation, "--flag") != NULL;
    seen.format = invocation->format;
    return OUTCOME_OK;
}

static const struct command probe = {
    .group = "test",
    .name = "probe",
    .arguments = "WHAT",
    .summary = "a probe",
    .help = "Probes.",
    .positional_min = 1,
    .positional_max = 2,
    .run = run_probe,
    .options = {{"--value", "TEXT", "a value", true}, {"--flag", NULL, "a flag", false}, {"--number", "N", "n", false}},
};
const struct command *const command_list[] = {&probe};
const size_t command_list_count = 1;

static enum exit_code run(int count, const char **arguments)
{
    memset(&seen, 0, sizeof seen);
    return command_run(count, (char **)arguments).exit_code;
}

#define RUN(...) run((int)(sizeof((const char *[]){__VA_ARGS__}) / sizeof(char *)), (const char *[]){__VA_ARGS__})

static void test_everything_given(void **state)
{
    (void)state;
    assert_int_equal(RUN("-C", "home", "test", "probe", "this", "--value", "x", "--flag", "--number=7", "-o", "json"),
                     EXIT_CODE_OK);
    assert_true(seen.ran);
    assert_string_equal(seen.positional, "this");
    assert_string_equal(seen.value, "x");
    assert_true(seen.home);
    assert_true(seen.flag);
    assert_int_equal(seen.number, 7);
    assert_int_equal(seen.format, OUTPUT_JSON);
}

static void test_defaults(void **state)
{
    (void)state;
    assert_int_equal(RUN("test", "probe", "this", "--value="), EXIT_CODE_OK);
    assert_string_equal(seen.value, "");
    assert_false(seen.flag);
    assert_int_equal(seen.number, 5);
    assert_int_equal(seen.format, OUTPUT_TABLE);
}

static void test_dashes_end_options(void **state)
{
    (void)state;
    assert_int_equal(RUN("test", "probe", "--value", "x", "--", "--flag"), EXIT_CODE_OK);
    assert_string_equal(seen.positional, "--flag");
    assert_false(seen.flag);
}

static void test_wrong_command_lines(void **state)
{
    (void)state;
    assert_int_equal(RUN("nothing"), EXIT_CODE_USAGE);
    assert_int_equal(RUN("test"), EXIT_CODE_USAGE);
    assert_int_equal(RUN("test", "other"), EXIT_CODE_USAGE);
    assert_int_equal(RUN("test", "probe", "--value", "x"), EXIT_CODE_USAGE);
    assert_int_equal(RUN("test", "probe", "this"), EXIT_CODE_USAGE);
    assert_int_equal(RUN("test", "probe", "this", "--value"), EXIT_CODE_USAGE);
    assert_int_equal(RUN("test", "probe", "this", "--val", "x"), EXIT_CODE_USAGE);
    assert_int_equal(RUN("test", "probe", "this", "--values", "x"), EXIT_CODE_USAGE);
    assert_int_equal(RUN("test", "probe", "this", "--value", "x", "--value", "y"), EXIT_CODE_USAGE);
    assert_int_equal(RUN("test", "probe", "this", "--value", "x", "--flag=yes"), EXIT_CODE_USAGE);
    assert_int_equal(RUN("test", "probe", "1", "2", "3", "--value", "x"), EXIT_CODE_USAGE);
    assert_int_equal(RUN("-o", "xml", "test", "probe", "this", "--value", "x"), EXIT_CODE_USAGE);
    assert_int_equal(RUN("-x", "test"), EXIT_CODE_USAGE);
    assert_int_equal(RUN("-C"), EXIT_CODE_USAGE);
    assert_false(seen.ran);
    assert_int_equal(RUN("test", "probe", "this", "--value", "x", "--number", "10"), EXIT_CODE_USAGE);
    assert_int_equal(RUN("test", "probe", "this", "--value", "x", "--number", "0"), EXIT_CODE_USAGE);
}

static void test_help(void **state)
{
    (void)state;
    assert_int_equal(RUN("--help"), EXIT_CODE_OK);
    assert_int_equal(RUN("test", "probe", "--help"), EXIT_CODE_OK);
    assert_false(seen.ran);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_everything_given),    cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_dashes_end_options),  cmocka_unit_test(test_wrong_command_lines),
        cmocka_unit_test(test_help),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
