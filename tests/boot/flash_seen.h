/* Which flashes a sweep has met before, by hash, so that none is followed twice. */
#ifndef TESTS_BOOT_FLASH_SEEN_H
#define TESTS_BOOT_FLASH_SEEN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"

uint64_t flash_seen_hash_begin(uint64_t salt);
/* bytes  a multiple of eight */
uint64_t flash_seen_hash_add(uint64_t hash, struct span bytes);
/* True if this hash was asked for before. When the set is full, nothing more is taken in. */
bool flash_seen_is_known(uint64_t hash);
void flash_seen_clear(void);

#endif
