/* Times rounds of a kernel call alone, of giving way, of a call to another compartment and of a monitor call. With
 * -icount shift=0 a millisecond is a million instructions; each line gives rounds and milliseconds. */
#include "device/runtime/runtime.h"
#include "tests/isolation/images/report.h"

#define ROUND_COUNT 50000u
#define MONITOR_ROUND_COUNT 20000u
#define TWO 1

static void round_time(void)
{
    (void)runtime_time_ms();
}

static void round_yield(void)
{
    runtime_sleep_ms(0);
}

static void round_call(void)
{
    uint8_t answer[16];
    struct buffer reply = BUFFER_OF(answer);
    if (!error_is_none(runtime_call(TWO, span_of("0123456789abcdef", 16), &reply, 0))) {
        runtime_fail(1);
    }
}

static void round_monitor(void)
{
    uint8_t answer[64];
    struct buffer reply = BUFFER_OF(answer);
    if (!error_is_none(runtime_monitor(MONITOR_CALL_IDENTITY, SPAN_EMPTY, &reply))) {
        runtime_fail(2);
    }
}

static void measure(const char *word, void (*body)(void), uint32_t round_count)
{
    uint32_t begin_ms = runtime_time_ms();
    for (uint32_t round = 0; round < round_count; round++) {
        body();
    }
    report(word, (uint32_t[]){round_count, runtime_time_ms() - begin_ms}, 2);
}

void compartment_main(void)
{
    measure("time", round_time, ROUND_COUNT);
    measure("yield", round_yield, ROUND_COUNT); /* the other gives way too: two switches a round */
    measure("call", round_call, ROUND_COUNT);
    measure("monitor", round_monitor, MONITOR_ROUND_COUNT);
    runtime_sleep_ms(UINT32_MAX / 4);
}
