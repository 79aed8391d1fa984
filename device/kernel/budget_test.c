/* Budgets of processor time: periods, debts, and what cannot be saved up (T-26). */
#include "device/kernel/budget.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define CYCLES_PER_MS 32000u

static const struct system_compartment entry = {.budget_us = 3000, .period_ms = 10};

static int set_up(void **state)
{
    (void)state;
    budget_open(5, &entry, 100);
    return 0;
}

static void a_budget_ends_and_comes_back(void **state)
{
    (void)state;
    budget_charge(5, 2 * CYCLES_PER_MS);
    assert_true(budget_left(5));
    budget_charge(5, CYCLES_PER_MS);
    assert_false(budget_left(5));
    assert_false(budget_renew(5, 109));
    assert_false(budget_left(5));
    assert_true(budget_renew(5, 110));
    assert_true(budget_left(5));
}

static void savings_do_not_add_up(void **state)
{
    (void)state;
    for (uint32_t time_ms = 101; time_ms <= 200; time_ms++) {
        assert_false(budget_renew(5, time_ms)); /* it had one all the time */
    }
    budget_charge(5, 3 * CYCLES_PER_MS);
    assert_false(budget_left(5));
}

/* A monitor call of 10 ms: two periods of nothing, then what is left of the third. */
static void debts_are_paid_first(void **state)
{
    (void)state;
    budget_charge(5, 10 * CYCLES_PER_MS);
    assert_false(budget_renew(5, 110)); /* 4 ms left to pay */
    assert_false(budget_renew(5, 120)); /* 1 ms */
    assert_true(budget_renew(5, 130));
    budget_charge(5, 2 * CYCLES_PER_MS - 1);
    assert_true(budget_left(5));
    budget_charge(5, 1);
    assert_false(budget_left(5));
}

static void a_debt_stays_within_its_type(void **state)
{
    (void)state;
    for (int round = 0; round < 100; round++) {
        budget_charge(5, UINT32_MAX);
        assert_false(budget_left(5));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_budget_ends_and_comes_back, set_up),
        cmocka_unit_test_setup(savings_do_not_add_up, set_up),
        cmocka_unit_test_setup(debts_are_paid_first, set_up),
        cmocka_unit_test_setup(a_debt_stays_within_its_type, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
