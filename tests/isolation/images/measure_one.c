/* Times rounds of a kernel call alone, of giving way, of a call to another compartment and of a monitor call. With
 * -icount shift=0 a millisecond is a million instructions; each line gives rounds and milliseconds. */
#include "device/runtime/runtime.h"
#include "tests/isolation/images/report.h"

#define ROUND_COUNT 50000u
#define MONITOR_ROUND_COUNT 20000u
#define TWO 1
#define FAULTING 2
#define WINDOW_MS 600u /* all faults of measure_fault.c fit */

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

/* Rounds of a loop of two instructions that fit the window: what others take of it is missing. */
static uint32_t rounds_in_window(void)
{
    uint32_t end_ms = runtime_time_ms() + WINDOW_MS;
    uint32_t count = 0;
    while ((int32_t)(runtime_time_ms() - end_ms) < 0) {
        uint32_t left = 1000;
        __asm volatile("1: subs %0, #1\n bne 1b" : "+r"(left) : : "cc");
        count++;
    }
    return count;
}

static void measure_faults(void)
{
    uint8_t answer[4];
    struct buffer reply = BUFFER_OF(answer);
    uint32_t calm = rounds_in_window();
    if (!error_is_none(runtime_call(FAULTING, SPAN_EMPTY, &reply, 0))) {
        runtime_fail(3);
    }
    report("fault", (uint32_t[]){calm, rounds_in_window(), WINDOW_MS}, 3);
}

void compartment_main(void)
{
    measure("time", round_time, ROUND_COUNT);
    measure("yield", round_yield, ROUND_COUNT); /* the other gives way too: two switches a round */
    measure("call", round_call, ROUND_COUNT);
    measure("monitor", round_monitor, MONITOR_ROUND_COUNT);
    measure_faults();
    runtime_sleep_ms(UINT32_MAX / 4);
}
