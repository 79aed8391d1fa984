/* Received bytes of one connection until its owner takes them. */
#ifndef DEVICE_COMPARTMENTS_NET_NET_RING_H
#define DEVICE_COMPARTMENTS_NET_NET_RING_H

#include "base/span.h"

/* As large as the window that we announce: what a peer may send always fits. */
#define NET_RING_SIZE_BYTES 2920

struct net_ring {
    uint8_t bytes[NET_RING_SIZE_BYTES];
    size_t first; /* index of the oldest byte */
    size_t size;
};

void net_ring_clear(struct net_ring *ring);
/* False, and nothing taken, if there is no room for all of it. */
bool net_ring_put(struct net_ring *ring, struct span data);
/* Moves up to size_max bytes to data, as far as there is room. Gives how many. */
size_t net_ring_take(struct net_ring *ring, struct buffer *data, size_t size_max);

#endif
