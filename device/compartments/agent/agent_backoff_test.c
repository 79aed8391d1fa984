#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "device/compartments/agent/agent_backoff.h"
#include "device/compartments/agent/agent_settings.h"

static void waits_double_up_to_the_last(void **state)
{
    struct agent_backoff backoff;
    uint32_t ceiling_ms = AGENT_BACKOFF_FIRST_MS;

    (void)state;
    agent_backoff_reset(&backoff);
    for (int i = 0; i < 40; i++) {
        uint32_t wait_ms = agent_backoff_next_ms(&backoff, 0);
        assert_int_equal(wait_ms, ceiling_ms / 2);
        ceiling_ms = ceiling_ms * 2 < AGENT_BACKOFF_LAST_MS ? ceiling_ms * 2 : AGENT_BACKOFF_LAST_MS;
    }
    assert_int_equal(ceiling_ms, AGENT_BACKOFF_LAST_MS);
}

static void waits_are_spread_over_the_upper_half(void **state)
{
    uint32_t lowest_ms = UINT32_MAX;
    uint32_t highest_ms = 0;

    (void)state;
    for (uint32_t random = 0; random < 5000; random++) {
        struct agent_backoff backoff = {AGENT_BACKOFF_FIRST_MS};
        uint32_t wait_ms = agent_backoff_next_ms(&backoff, random * 2654435761u);
        lowest_ms = wait_ms < lowest_ms ? wait_ms : lowest_ms;
        highest_ms = wait_ms > highest_ms ? wait_ms : highest_ms;
    }
    assert_in_range(lowest_ms, AGENT_BACKOFF_FIRST_MS, AGENT_BACKOFF_FIRST_MS + 50);
    assert_in_range(highest_ms, 2 * AGENT_BACKOFF_FIRST_MS - 50, 2 * AGENT_BACKOFF_FIRST_MS);
}

static void a_success_starts_anew(void **state)
{
    struct agent_backoff backoff = {AGENT_BACKOFF_LAST_MS};

    (void)state;
    agent_backoff_reset(&backoff);
    assert_in_range(agent_backoff_next_ms(&backoff, 77), AGENT_BACKOFF_FIRST_MS / 2, AGENT_BACKOFF_FIRST_MS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(waits_double_up_to_the_last),
        cmocka_unit_test(waits_are_spread_over_the_upper_half),
        cmocka_unit_test(a_success_starts_anew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
