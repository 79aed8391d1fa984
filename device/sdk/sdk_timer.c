#include "device/sdk/sdk_timer.h"

#include "device/runtime/runtime.h"

void sdk_timer_start(struct sdk_timer *timer, uint32_t period_ms)
{
    *timer = (struct sdk_timer){.period_ms = period_ms, .due_ms = runtime_time_ms() + period_ms};
}

/* Right across the wrap of the clock. */
uint32_t sdk_timer_left_ms(const struct sdk_timer *timer)
{
    uint32_t left_ms = timer->due_ms - runtime_time_ms();

    return left_ms > UINT32_MAX / 2 ? 0 : left_ms;
}

void sdk_timer_begin(struct sdk_timer *timer)
{
    uint32_t late_ms = runtime_time_ms() - timer->due_ms;

    timer->due_ms += timer->period_ms;
    if (late_ms > UINT32_MAX / 2) {
        return; /* begun before it was due */
    }
    if (late_ms > timer->late_ms_max) {
        timer->late_ms_max = late_ms;
    }
    for (; late_ms >= timer->period_ms; late_ms -= timer->period_ms) {
        timer->due_ms += timer->period_ms;
        timer->missed_count++;
    }
}

void sdk_timer_wait(struct sdk_timer *timer)
{
    uint32_t left_ms = sdk_timer_left_ms(timer);

    if (left_ms > 0) {
        runtime_sleep_ms(left_ms);
    }
    sdk_timer_begin(timer);
}
