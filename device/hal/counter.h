/* Monotonic counters: OTP or replay-protected memory on silicon. Only the ROM advances them, each at most once a boot. */
#ifndef DEVICE_HAL_COUNTER_H
#define DEVICE_HAL_COUNTER_H

#include "base/error.h"

enum hal_counter {
    HAL_COUNTER_EPOCH = 0,
    HAL_COUNTER_RELEASE_GENERATION = 1,
};

/* errors  BOOT_COUNTER (unreadable) */
MUST_USE struct error hal_counter_read(enum hal_counter counter, uint32_t *value);
/* Sets the counter to a higher value: generations are absolute and have gaps. Survives a power cut at any instant:
 * afterwards it reads old or new.  errors  BOOT_COUNTER (not higher, or exhausted) */
MUST_USE struct error hal_counter_raise(enum hal_counter counter, uint32_t value);

#endif
