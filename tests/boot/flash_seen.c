#include "tests/boot/flash_seen.h"

#include <string.h>

#define SEEN_COUNT (1u << 20)

static uint64_t seen[SEEN_COUNT]; /* open addressing; 0: free */
static unsigned seen_count;

uint64_t flash_seen_hash_begin(uint64_t salt)
{
    return 0x9E3779B97F4A7C15u + salt;
}

uint64_t flash_seen_hash_add(uint64_t hash, struct span bytes)
{
    for (size_t offset = 0; offset + sizeof(uint64_t) <= bytes.size; offset += sizeof(uint64_t)) {
        uint64_t word;
        memcpy(&word, bytes.data + offset, sizeof(word));
        hash = (hash ^ word) * 0xD6E8FEB86659FD93u;
        hash ^= hash >> 32;
    }
    return hash;
}

bool flash_seen_is_known(uint64_t hash)
{
    hash = hash == 0 ? 1 : hash;
    size_t place = hash % SEEN_COUNT;
    while (seen[place] != 0 && seen[place] != hash) {
        place = (place + 1) % SEEN_COUNT;
    }
    if (seen[place] == hash || seen_count > SEEN_COUNT / 2) {
        return seen[place] == hash;
    }
    seen[place] = hash;
    seen_count++;
    return false;
}

void flash_seen_clear(void)
{
    memset(seen, 0, sizeof(seen));
    seen_count = 0;
}
