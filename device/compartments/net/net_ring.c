#include "device/compartments/net/net_ring.h"

#include <string.h>

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

void net_ring_clear(struct net_ring *ring)
{
    ring->first = 0;
    ring->size = 0;
}

bool net_ring_put(struct net_ring *ring, struct span data)
{
    if (data.size > NET_RING_SIZE_BYTES - ring->size) {
        return false;
    }
    size_t end = (ring->first + ring->size) % NET_RING_SIZE_BYTES;
    size_t before_wrap = smaller(data.size, NET_RING_SIZE_BYTES - end);
    if (data.size > 0) {
        memcpy(ring->bytes + end, data.data, before_wrap);
        memcpy(ring->bytes, data.data + before_wrap, data.size - before_wrap);
    }
    ring->size += data.size;
    return true;
}

size_t net_ring_take(struct net_ring *ring, struct buffer *data, size_t size_max)
{
    size_t size = smaller(smaller(size_max, ring->size), data->capacity - data->size);
    size_t before_wrap = smaller(size, NET_RING_SIZE_BYTES - ring->first);

    memcpy(data->data + data->size, ring->bytes + ring->first, before_wrap);
    memcpy(data->data + data->size + before_wrap, ring->bytes, size - before_wrap);
    data->size += size;
    ring->first = (ring->first + size) % NET_RING_SIZE_BYTES;
    ring->size -= size;
    return size;
}
