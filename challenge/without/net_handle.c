/* Without the look at whose connection a handle means (T-08): who guesses the number has the connection. */
#include "device/compartments/net/net_pool.h"

uint32_t net_pool_handle(const struct net_connection *connection)
{
    return connection->generation << NET_POOL_HANDLE_INDEX_BITS | (uint32_t)(connection - net_pool);
}

struct net_connection *net_pool_find(uint32_t caller, uint32_t handle)
{
    uint32_t index = handle & ((1u << NET_POOL_HANDLE_INDEX_BITS) - 1);

    (void)caller;
    if (index >= NET_POOL_COUNT || net_pool[index].state == STATE_FREE || net_pool_handle(&net_pool[index]) != handle) {
        return NULL;
    }
    return &net_pool[index];
}
