#include "device/runtime/backoff.h"

#include "base/reader.h"
#include "device/runtime/runtime.h"

void backoff_init(struct backoff *backoff, uint32_t first_ms, uint32_t last_ms)
{
    backoff->first_ms = first_ms;
    backoff->last_ms = last_ms;
    backoff->ceiling_ms = 0;
}

void backoff_reset(struct backoff *backoff)
{
    backoff->ceiling_ms = 0;
}

uint32_t backoff_next_ms(struct backoff *backoff, uint32_t random)
{
    if (backoff->ceiling_ms == 0) {
        backoff->ceiling_ms = backoff->first_ms;
    } else if (backoff->ceiling_ms <= backoff->last_ms / 2) {
        backoff->ceiling_ms *= 2;
    } else {
        backoff->ceiling_ms = backoff->last_ms;
    }
    uint32_t half_ms = backoff->ceiling_ms / 2;
    return backoff->ceiling_ms - half_ms + random % (half_ms + 1);
}

uint32_t backoff_next_random_ms(struct backoff *backoff)
{
    static const uint8_t request[2] = {0, sizeof(uint32_t)};
    uint8_t random[sizeof(uint32_t)] = {0};
    struct buffer reply = BUFFER_OF(random);
    struct reader reader;

    struct error ignored = runtime_monitor(MONITOR_CALL_RANDOM, SPAN_OF(request), &reply);
    (void)ignored;
    reader_init(&reader, SPAN_OF(random));
    return backoff_next_ms(backoff, reader_u32(&reader));
}
