/* What a handle means, and to whom. */
#include "device/compartments/net/net_pool.h"

uint32_t net_pool_handle(const struct net_connection *connection)
{
    return connection->generation << NET_POOL_HANDLE_INDEX_BITS | (uint32_t)(connection - net_pool);
}

/* A handle is a number that can be guessed, so another's is nobody's (threat T-08). */
struct net_connection *net_pool_find(uint32_t caller, uint32_t handle)
{
    uint32_t index = handle & ((1u << NET_POOL_HANDLE_INDEX_BITS) - 1);

    if (index >= NET_POOL_COUNT) {
        return NULL;
    }
    struct net_connection *connection = &net_pool[index];
    bool valid = connection->state != STATE_FREE && connection->owner == caller &&
                 net_pool_handle(connection) == handle;
    return valid ? connection : NULL;
}
