/* Faults that wait for the monitor: each is taken once, none displaces another's, what does not fit is counted (T-27). */
#include "device/kernel/fault_queue.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void put(uint32_t compartment, uint32_t cause)
{
    struct compartment_fault fault = {.cause = cause};
    fault_queue_put(&(struct fault_record){FAULT_RECORD_STOPPED, (uint8_t)compartment, fault});
}

static void expect(uint32_t compartment, uint32_t cause, uint32_t address)
{
    assert_false(fault_queue_is_empty());
    assert_int_equal(fault_queue_first()->fault.cause, cause);
    struct fault_record record = fault_queue_take();
    assert_int_equal(record.compartment, compartment);
    assert_int_equal(record.fault.cause, cause);
    assert_int_equal(record.fault.address, address);
}

static void each_is_taken_once_in_order(void **state)
{
    (void)state;
    for (uint32_t round = 0; round < 50; round++) {
        put(round % 12, 2 * round);
        put((round + 5) % 12, 2 * round + 1);
        expect(round % 12, 2 * round, 0);
        expect((round + 5) % 12, 2 * round + 1, 0);
        assert_true(fault_queue_is_empty());
    }
}

static void one_does_not_displace_another(void **state)
{
    (void)state;
    for (uint32_t cause = 1; cause <= 1000; cause++) {
        put(3, cause);
    }
    put(7, 5000);
    for (uint32_t cause = 1; cause <= FAULT_QUEUE_EACH_MAX; cause++) {
        expect(3, cause, 0);
    }
    expect(7, 5000, 0);
    expect(3, FAULT_CAUSE_LOST, 1000 - FAULT_QUEUE_EACH_MAX);
    assert_true(fault_queue_is_empty());
}

/* As many as were put come out, one by one or as a count. */
static void nothing_is_lost_silently(void **state)
{
    (void)state;
    uint32_t random = 1, put_count = 0, taken_count = 0;
    for (uint32_t round = 0; round < 20000; round++) {
        random = random * 1664525u + 1013904223u;
        if ((random >> 16) % 5 < 3 && round < 19000) {
            put((random >> 20) % SYSTEM_COMPARTMENT_COUNT_MAX, 1);
            put_count++;
        } else if (!fault_queue_is_empty()) {
            struct fault_record record = fault_queue_take();
            taken_count += record.fault.cause == FAULT_CAUSE_LOST ? record.fault.address : 1;
        }
    }
    assert_true(fault_queue_is_empty());
    assert_int_equal(taken_count, put_count);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_is_taken_once_in_order),
        cmocka_unit_test(one_does_not_displace_another),
        cmocka_unit_test(nothing_is_lost_silently),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
