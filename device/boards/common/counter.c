/* Monotonic counters in unary: the value is the number of programmed words at the start of the counter's block.
 * A step programs one word, and a torn word counts as programmed, so that a power cut leaves old or new (threat T-07).
 * Boards whose silicon has no OTP use this; it stands for on-die memory, so it carries no MAC. */
#include "device/hal/counter.h"

#include "base/hardened.h"
#include "device/abi/flash_map.h"
#include "device/hal/flash.h"

#define COUNTER_VALUE_MAX (FLASH_BLOCK_SIZE / FLASH_WORD_SIZE)
#define WORD_BLANK 0xFFFFFFFFu

_Static_assert((HAL_COUNTER_RELEASE_GENERATION + 1) * FLASH_BLOCK_SIZE <= FLASH_COUNTERS_SIZE,
               "a block for each counter");

static uint32_t word_offset_bytes(enum hal_counter counter, uint32_t index)
{
    return FLASH_COUNTERS_OFFSET + (uint32_t)counter * FLASH_BLOCK_SIZE + index * FLASH_WORD_SIZE;
}

struct error hal_counter_read(enum hal_counter counter, uint32_t *value)
{
    uint32_t programmed_count = 0;
    uint32_t prefix_count = 0;
    for (uint32_t index = 0; index < COUNTER_VALUE_MAX; index++) {
        uint32_t word;
        TRY(hal_flash_read(word_offset_bytes(counter, index), (uint8_t *)&word, sizeof(word)));
        if (word != WORD_BLANK) {
            programmed_count++;
            prefix_count = index + 1;
        }
    }
    /* A hole is no state that steps can leave, so it is not read as some lower value. */
    if (programmed_count != prefix_count || hardened_launder(programmed_count) != prefix_count) {
        return ERROR(BOOT, COUNTER);
    }
    *value = programmed_count;
    return ERROR_NONE;
}

struct error hal_counter_step(enum hal_counter counter)
{
    static const uint8_t programmed[FLASH_WORD_SIZE] = {0};
    uint32_t value;
    TRY(hal_counter_read(counter, &value));
    if (value >= COUNTER_VALUE_MAX) {
        return ERROR(BOOT, COUNTER);
    }
    return hal_flash_program(word_offset_bytes(counter, value), SPAN_OF(programmed));
}
