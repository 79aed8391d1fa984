#include "service/front/rate.h"

#include <netinet/in.h>
#include <stddef.h>
#include <string.h>

void rate_init(struct rate *rate, uint32_t rate_max, uint64_t seed)
{
    memset(rate, 0, sizeof *rate);
    rate->rate_max = rate_max;
    rate->seed = seed;
}

static void address_of(const struct sockaddr *peer, uint8_t out[16])
{
    memset(out, 0, 16);
    if (peer->sa_family == AF_INET) {
        out[10] = 0xFF;
        out[11] = 0xFF;
        memcpy(out + 12, &((const struct sockaddr_in *)(const void *)peer)->sin_addr, 4);
    } else if (peer->sa_family == AF_INET6) {
        memcpy(out, &((const struct sockaddr_in6 *)(const void *)peer)->sin6_addr, 8);
    }
}

static size_t row_of(const struct rate *rate, const uint8_t address[16])
{
    uint64_t hash = rate->seed;
    for (size_t index = 0; index < 16; index++) {
        hash = (hash ^ address[index]) * 0x100000001B3u;
        hash ^= hash >> 29;
    }
    return (size_t)(hash % RATE_ROW_COUNT);
}

static struct rate_entry *entry_for(struct rate *rate, const uint8_t address[16], uint64_t now_ms)
{
    struct rate_entry *row = rate->entries[row_of(rate, address)];
    struct rate_entry *oldest = &row[0];
    for (size_t way = 0; way < RATE_WAY_COUNT; way++) {
        if (row[way].last_ms != 0 && memcmp(row[way].address, address, 16) == 0) {
            return &row[way];
        }
        oldest = row[way].last_ms < oldest->last_ms ? &row[way] : oldest;
    }
    memcpy(oldest->address, address, 16);
    oldest->last_ms = now_ms;
    oldest->tokens_milli = (uint64_t)rate->rate_max * 2000;
    return oldest;
}

bool rate_take(struct rate *rate, const struct sockaddr *peer, uint64_t now_ms)
{
    uint8_t address[16];
    address_of(peer, address);
    struct rate_entry *entry = entry_for(rate, address, now_ms);
    uint64_t passed_ms = now_ms > entry->last_ms ? now_ms - entry->last_ms : 0;
    uint64_t full_milli = (uint64_t)rate->rate_max * 2000;
    /* Two seconds fill any bucket, so the product below cannot overflow. */
    entry->tokens_milli += (passed_ms < 2000 ? passed_ms : 2000) * rate->rate_max;
    entry->tokens_milli = entry->tokens_milli < full_milli ? entry->tokens_milli : full_milli;
    entry->last_ms = now_ms;
    if (entry->tokens_milli < 1000) {
        return false;
    }
    entry->tokens_milli -= 1000;
    return true;
}
