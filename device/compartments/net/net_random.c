#include "base/ensure.h"
#include "base/reader.h"
#include "device/compartments/net/net_hooks.h"
#include "device/runtime/runtime.h"

#define POOL_SIZE_BYTES 64

/* Random bytes of the monitor, used once. */
static uint8_t pool[POOL_SIZE_BYTES];
static struct reader available;

static void fill(void)
{
    static const uint8_t request[2] = {0, POOL_SIZE_BYTES};
    struct buffer reply = BUFFER_OF(pool);
    struct error error = runtime_monitor(MONITOR_CALL_RANDOM, SPAN_OF(request), &reply);

    if (!error_is_none(error)) {
        runtime_fail(error.code);
    }
    reader_init(&available, span_of_buffer(&reply));
    ENSURE(reader_remaining(&available) >= sizeof(uint32_t));
}

uint32_t net_random_u32(void)
{
    if (reader_remaining(&available) < sizeof(uint32_t)) {
        fill();
    }
    return reader_u32(&available);
}

void net_hooks_assert_failed(uint32_t line)
{
    runtime_fail(line);
}
