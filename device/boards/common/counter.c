/* Monotonic counters: a block each, written from its start, two words for each value: the value, then its complement. A
 * pair that a power cut left torn is none, so that the value is old or new (threat T-07). Boards whose silicon has no OTP
 * use this; it stands for on-die memory, so it carries no MAC. */
#include "device/hal/counter.h"

#include "base/hardened.h"
#include "device/abi/flash_map.h"
#include "device/hal/flash.h"

#define PAIR_COUNT (FLASH_BLOCK_SIZE / sizeof(struct pair))
#define WORD_BLANK 0xFFFFFFFFu

struct pair {
    uint32_t value;
    uint32_t complement;
};

_Static_assert((HAL_COUNTER_RELEASE_GENERATION + 1) * FLASH_BLOCK_SIZE <= FLASH_COUNTERS_SIZE,
               "a block for each counter");

static uint32_t pair_offset_bytes(enum hal_counter counter, uint32_t index)
{
    return FLASH_COUNTERS_OFFSET + (uint32_t)counter * FLASH_BLOCK_SIZE + index * (uint32_t)sizeof(struct pair);
}

/* The value, and the place behind all that was ever written. */
static struct error counter_scan(enum hal_counter counter, uint32_t *value, uint32_t *place)
{
    uint32_t highest = 0;
    uint32_t newest = 0;
    uint32_t end = 0;
    for (uint32_t index = 0; index < PAIR_COUNT; index++) {
        struct pair pair;
        TRY(hal_flash_read(pair_offset_bytes(counter, index), (uint8_t *)&pair, sizeof(pair)));
        if (pair.value == WORD_BLANK && pair.complement == WORD_BLANK) {
            continue;
        }
        end = index + 1;
        if ((pair.value ^ pair.complement) == WORD_BLANK) {
            highest = pair.value > highest ? pair.value : highest;
            newest = pair.value;
        }
    }
    /* Values ascend: anything else is no state that raising can leave, or a step of this loop was skipped. */
    if (highest != newest || hardened_launder(highest) != newest) {
        return ERROR(BOOT, COUNTER);
    }
    *value = highest;
    *place = end;
    return ERROR_NONE;
}

struct error hal_counter_read(enum hal_counter counter, uint32_t *value)
{
    uint32_t place;
    return counter_scan(counter, value, &place);
}

struct error hal_counter_raise(enum hal_counter counter, uint32_t value)
{
    struct pair pair = {value, ~value};
    uint32_t present;
    uint32_t place;
    TRY(counter_scan(counter, &present, &place));
    if (value <= present || place >= PAIR_COUNT) {
        return ERROR(BOOT, COUNTER);
    }
    return hal_flash_program(pair_offset_bytes(counter, place), span_of(&pair, sizeof(pair)));
}
