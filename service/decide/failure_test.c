/* Which records of a report are new (T-17, T-18). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "formats/token/evidence.h"
#include "service/decide/failure.h"

#define LOG 0x5EED0001

static const struct failure_report report = {.log = LOG, .count = 3, .records = {{.number = 4}, {.number = 7}, {.number = 9}}};

static void only_what_was_not_taken_is_new(void **state)
{
    static const struct {
        struct failure_ack taken;
        size_t first;
        struct failure_ack ack;
    } cases[] = {
        {{0, 0}, 0, {LOG, 9}},
        {{LOG, 3}, 0, {LOG, 9}},
        {{LOG, 4}, 1, {LOG, 9}},
        {{LOG, 6}, 1, {LOG, 9}},
        {{LOG, 9}, 3, {LOG, 9}},
        {{LOG, UINT32_MAX}, 3, {LOG, UINT32_MAX}}, /* the acknowledgement never goes back */
        {{LOG + 1, 9}, 0, {LOG, 9}},               /* the device made its log anew */
        {{LOG + 1, 100}, 0, {LOG, 9}},
    };
    (void)state;
    for (size_t index = 0; index < sizeof cases / sizeof cases[0]; index++) {
        struct failure_output output;
        decide_failures(&report, &cases[index].taken, &output);
        assert_int_equal(output.first, cases[index].first);
        assert_int_equal(output.ack.log, cases[index].ack.log);
        assert_int_equal(output.ack.number, cases[index].ack.number);
    }
}

static void a_record_stands_for_so_many(void **state)
{
    (void)state;
    struct failure_record record = {.kind = FAULT_COMPARTMENT, .cause = 0x82, .count = 3, .address = 5};
    assert_int_equal(failure_count(&record), 3);
    record.cause = 0x40000008;
    assert_int_equal(failure_count(&record), 15);
    record.kind = FAULT_UNDECLARED;
    assert_int_equal(failure_count(&record), 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_what_was_not_taken_is_new),
        cmocka_unit_test(a_record_stands_for_so_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
