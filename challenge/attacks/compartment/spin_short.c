/* Takes all the processor time there is, but gives way whenever a tick is near, so that one who looks only then never
 * finds it (T-26). It learns when ticks come from the clock that everybody may read. */
#include "challenge/attacks/compartment/attack.h"

static void work(uint32_t count)
{
    for (volatile uint32_t left = count; left > 0; left--) {
    }
}

/* How much work fits between two ticks. */
static uint32_t work_per_tick(void)
{
    uint32_t begin_ms = runtime_time_ms();
    while (runtime_time_ms() == begin_ms) {
    }
    uint32_t count = 0;
    for (begin_ms = runtime_time_ms(); runtime_time_ms() == begin_ms; count++) {
        work(200);
    }
    return 200 * count;
}

void compartment_main(void)
{
    runtime_log("start");
    uint32_t count = work_per_tick();
    for (;;) {
        runtime_sleep_ms(1); /* back right after the tick */
        work(count - count / 8);
    }
}
