/* Priorities, round robin and the LIFO rule (T-10), without a processor. */
#include "device/kernel/schedule.h"

#include "base/ensure.h"
#include "device/kernel/secure_stack.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

void schedule_request(void)
{
}

void ensure_failed(const char *file, uint32_t line)
{
    (void)file;
    (void)line;
    abort();
}

static int setup(void **state)
{
    (void)state;
    memset(threads, 0, sizeof threads);
    schedule_init();
    threads[THREAD_IDLE].ready = true;
    return 0;
}

static void make(uint32_t thread, uint32_t priority, bool unprivileged)
{
    threads[thread].priority = priority;
    threads[thread].unprivileged = unprivileged;
    threads[thread].regions[0].limit_and_enable = 1;
    schedule_set_ready(thread, true);
}

static uint32_t next(bool inside)
{
    return (uint32_t)(schedule_next(inside) - threads);
}

static void highest_priority_runs(void **state)
{
    (void)state;
    make(0, 1, true);
    make(1, 3, true);
    make(2, 2, true);
    assert_int_equal(next(false), 1);
    schedule_set_ready(1, false);
    assert_int_equal(next(false), 2);
    schedule_set_ready(2, false);
    schedule_set_ready(0, false);
    assert_int_equal(next(false), THREAD_IDLE);
}

static void equals_take_turns(void **state)
{
    (void)state;
    make(0, 2, true);
    make(1, 2, true);
    make(2, 2, true);
    uint32_t runs[3] = {0};
    for (int round = 0; round < 30; round++) {
        runs[next(false)]++;
        schedule_rotate();
    }
    assert_int_equal(runs[0], 10);
    assert_int_equal(runs[1], 10);
    assert_int_equal(runs[2], 10);
}

static void no_turn_is_lost_by_a_switch_without_a_tick(void **state)
{
    (void)state;
    make(0, 2, true);
    make(1, 2, true);
    uint32_t first = next(false);
    assert_int_equal(next(false), first);
}

/* Two privileged threads, so that nobody is evicted: only the one on top goes on inside. */
static void only_the_top_is_resumed_inside(void **state)
{
    (void)state;
    make(THREAD_MONITOR, 5, false);
    make(0, 6, false);
    schedule_set_ready(0, false);
    assert_int_equal(next(false), THREAD_MONITOR);
    schedule_set_ready(0, true);
    assert_int_equal(next(true), 0);                /* the monitor's thread is inside; 0 pre-empts it */
    threads[THREAD_MONITOR].priority = 7;
    assert_int_equal(next(true), 0);                /* 0 is inside too, on top: the other must wait */
    assert_false(secure_stack_may_resume(THREAD_MONITOR));
    assert_int_equal(next(false), THREAD_MONITOR);  /* 0 has left */
    assert_int_equal(next(false), THREAD_MONITOR);
    assert_int_equal(secure_stack_top(), THREAD_NONE);
}

static void a_compartment_inside_is_evicted_and_goes_first(void **state)
{
    (void)state;
    make(THREAD_MONITOR, 3, false);
    make(0, 7, true);
    make(1, 7, true);
    schedule_set_ready(0, false);
    schedule_set_ready(1, false);
    assert_int_equal(next(false), THREAD_MONITOR);
    schedule_set_ready(0, true);
    assert_int_equal(next(true), 0);
    schedule_set_ready(1, true);
    assert_int_equal(next(true), 0);                /* seen inside: before all others, without its regions */
    assert_true(threads[0].evicted);
    assert_int_equal(threads[0].regions[0].limit_and_enable, 0);
    schedule_set_ready(0, false);                   /* it has faulted outside and is stopped */
    schedule_forget();
    assert_int_equal(next(false), 1);
    assert_int_equal(secure_stack_top(), THREAD_MONITOR);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(highest_priority_runs, setup),
        cmocka_unit_test_setup(equals_take_turns, setup),
        cmocka_unit_test_setup(no_turn_is_lost_by_a_switch_without_a_tick, setup),
        cmocka_unit_test_setup(only_the_top_is_resumed_inside, setup),
        cmocka_unit_test_setup(a_compartment_inside_is_evicted_and_goes_first, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
