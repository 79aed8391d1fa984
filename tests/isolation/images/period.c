/* A control loop: wakes every 10 ms and measures, in ticks of 1 ms, how long its periods are. */
#include "device/runtime/runtime.h"
#include "tests/isolation/images/report.h"

#define PERIOD_MS 10
#define ROUND_COUNT 50

void compartment_main(void)
{
    uint32_t next_ms = runtime_time_ms() + PERIOD_MS;
    uint32_t last_ms = 0, count = 0, shortest_ms = UINT32_MAX, longest_ms = 0;
    for (;;) {
        uint32_t now_ms = runtime_time_ms();
        runtime_sleep_ms(next_ms - now_ms);
        now_ms = runtime_time_ms();
        if (last_ms != 0) {
            uint32_t period_ms = now_ms - last_ms;
            shortest_ms = period_ms < shortest_ms ? period_ms : shortest_ms;
            longest_ms = period_ms > longest_ms ? period_ms : longest_ms;
        }
        last_ms = now_ms;
        next_ms += PERIOD_MS;
        if (++count % ROUND_COUNT == 0) {
            report("period", (uint32_t[]){count, shortest_ms, longest_ms}, 3);
            /* The line takes as long as the monitor needs: the next period starts afresh. */
            next_ms = runtime_time_ms() + PERIOD_MS;
            last_ms = 0;
        }
    }
}
