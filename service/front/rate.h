/* A token bucket for each peer address, in a table of fixed size: the address least recently seen in its row makes
 * room. Pure: time is given in. */
#ifndef SERVICE_FRONT_RATE_H
#define SERVICE_FRONT_RATE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#define RATE_ROW_COUNT 1024
#define RATE_WAY_COUNT 4

struct rate_entry {
    uint8_t address[16]; /* IPv4 in its mapped form; of IPv6 the first 64 bits, which one host can have all of */
    uint64_t last_ms;    /* 0: unused */
    uint64_t tokens_milli;
};

struct rate {
    uint32_t rate_max; /* tokens a second; the bucket holds twice that */
    uint64_t seed;     /* keeps an attacker from choosing addresses that share a row */
    struct rate_entry entries[RATE_ROW_COUNT][RATE_WAY_COUNT];
};

void rate_init(struct rate *rate, uint32_t rate_max, uint64_t seed);
/* Takes a token. false: the address has none left. */
bool rate_take(struct rate *rate, const struct sockaddr *peer, uint64_t now_ms);

#endif
