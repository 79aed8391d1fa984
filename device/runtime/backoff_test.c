#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "device/runtime/backoff.h"
#include "device/runtime/runtime.h"

#define FIRST_MS 1000
#define LAST_MS 300000

static bool monitor_answers;

struct error runtime_monitor(enum monitor_call number, struct span request, struct buffer *reply)
{
    (void)request;
    assert_int_equal(number, MONITOR_CALL_RANDOM);
    if (!monitor_answers) {
        return ERROR(KERNEL, NOT_DECLARED);
    }
    for (reply->size = 0; reply->size < reply->capacity; reply->size++) {
        reply->data[reply->size] = 0xFF;
    }
    return ERROR_NONE;
}

static void waits_double_up_to_the_last(void **state)
{
    struct backoff backoff;
    uint32_t ceiling_ms = FIRST_MS;

    (void)state;
    backoff_init(&backoff, FIRST_MS, LAST_MS);
    for (int i = 0; i < 40; i++) {
        assert_int_equal(backoff_next_ms(&backoff, 0), ceiling_ms / 2);
        ceiling_ms = ceiling_ms * 2 < LAST_MS ? ceiling_ms * 2 : LAST_MS;
    }
    assert_int_equal(ceiling_ms, LAST_MS);
}

static void waits_are_spread_over_the_upper_half(void **state)
{
    uint32_t lowest_ms = UINT32_MAX;
    uint32_t highest_ms = 0;

    (void)state;
    for (uint32_t random = 0; random < 5000; random++) {
        struct backoff backoff = {FIRST_MS, LAST_MS, FIRST_MS};
        uint32_t wait_ms = backoff_next_ms(&backoff, random * 2654435761u);
        lowest_ms = wait_ms < lowest_ms ? wait_ms : lowest_ms;
        highest_ms = wait_ms > highest_ms ? wait_ms : highest_ms;
    }
    assert_in_range(lowest_ms, FIRST_MS, FIRST_MS + 50);
    assert_in_range(highest_ms, 2 * FIRST_MS - 50, 2 * FIRST_MS);
}

static void a_success_starts_anew(void **state)
{
    struct backoff backoff = {FIRST_MS, LAST_MS, LAST_MS};

    (void)state;
    backoff_reset(&backoff);
    assert_in_range(backoff_next_ms(&backoff, 77), FIRST_MS / 2, FIRST_MS);
}

static void without_a_monitor_it_still_waits(void **state)
{
    struct backoff backoff;

    (void)state;
    backoff_init(&backoff, FIRST_MS, LAST_MS);
    assert_int_equal(backoff_next_random_ms(&backoff), FIRST_MS / 2);
    monitor_answers = true;
    assert_int_equal(backoff_next_random_ms(&backoff), FIRST_MS + UINT32_MAX % (FIRST_MS + 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(waits_double_up_to_the_last),
        cmocka_unit_test(waits_are_spread_over_the_upper_half),
        cmocka_unit_test(a_success_starts_anew),
        cmocka_unit_test(without_a_monitor_it_still_waits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
