#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/ensure.h"
#include "service/decide/rule_command.h"

#define NOW_S 1795343400u

/* What an honest request looks like. */
static struct command_facts honest(void)
{
    return (struct command_facts){
        .target = span_of("POST /v1/makers", 15),
        .body_digest = {{5}},
        .now_s = NOW_S,
        .operator_key = {{6}},
        .is_present = true,
        .command = {.target = span_of("POST /v1/makers", 15), .body_digest = {{5}}, .time_s = NOW_S},
        .signer = {{6}},
        .signature = ERROR_NONE,
    };
}

static void an_honest_command_passes(void **state)
{
    (void)state;
    struct command_facts facts = honest();
    assert_true(error_is_none(rule_command(&facts)));
}

static void expect(const struct command_facts *facts, uint32_t code)
{
    assert_true(error_is(rule_command(facts), code));
}

/* T-19 */
static void each_difference_has_its_own_error(void **state)
{
    (void)state;
    struct command_facts facts = honest();
    facts.is_present = false;
    expect(&facts, ERROR_CODE_OPERATOR_UNSIGNED);
    facts = honest();
    facts.signer.bytes[63] = 1;
    expect(&facts, ERROR_CODE_OPERATOR_SIGNER);
    facts = honest();
    facts.signature = ERROR(COSE, SIGNATURE);
    expect(&facts, ERROR_CODE_OPERATOR_SIGNATURE);
    facts = honest();
    facts.target = span_of("POST /v1/makers?", 16);
    expect(&facts, ERROR_CODE_OPERATOR_TARGET);
    facts = honest();
    facts.body_digest.bytes[31] = 1;
    expect(&facts, ERROR_CODE_OPERATOR_BODY);
    facts = honest();
    facts.is_used = true;
    expect(&facts, ERROR_CODE_OPERATOR_REPLAY);
}

static void the_window_is_five_minutes_both_ways(void **state)
{
    (void)state;
    static const struct {
        uint64_t time_s;
        bool passes;
    } cases[] = {{NOW_S - 300, true}, {NOW_S + 300, true}, {NOW_S - 301, false}, {NOW_S + 301, false},
                 {0, false},          {UINT64_MAX, false}, {UINT64_MAX - 200, false}};
    for (size_t index = 0; index < sizeof cases / sizeof cases[0]; index++) {
        struct command_facts facts = honest();
        facts.command.time_s = cases[index].time_s;
        struct error error = rule_command(&facts);
        assert_true(cases[index].passes ? error_is_none(error) : error_is(error, ERROR_CODE_OPERATOR_TIME));
    }
}

void ensure_failed(const char *file, uint32_t line)
{
    print_error("%s:%u\n", file, line);
    abort();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_honest_command_passes),
        cmocka_unit_test(each_difference_has_its_own_error),
        cmocka_unit_test(the_window_is_five_minutes_both_ways),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
