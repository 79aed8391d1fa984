#include "device/compartments/net/net_allow.h"

#include "device/runtime/runtime.h"

/* Base's and an app's. */
#define ENDPOINT_COUNT_MAX (2 * SYSTEM_ENDPOINT_COUNT_MAX)

_Static_assert(ENDPOINT_COUNT_MAX <= 32, "one bit each");

static uint32_t used;

/* T-08: whatever no table declares is refused. */
static struct error find(uint32_t compartment, uint32_t address, uint16_t port, struct system_endpoint *endpoint)
{
    for (uint32_t index = 0; index < ENDPOINT_COUNT_MAX; index++) {
        if (!error_is_none(runtime_endpoint(index, endpoint))) {
            break;
        }
        if (endpoint->compartment == compartment && endpoint->address == address && endpoint->port == port) {
            used |= 1u << index;
            return ERROR_NONE;
        }
    }
    runtime_refused(compartment, address, port);
    return ERROR(NET, NOT_DECLARED);
}

struct error net_allow_connect(uint32_t compartment, uint32_t address, uint16_t port, bool *plain)
{
    struct system_endpoint endpoint;

    if (address == 0) { /* That is how a served port stands in the table. */
        runtime_refused(compartment, address, port);
        return ERROR(NET, NOT_DECLARED);
    }
    TRY(find(compartment, address, port, &endpoint));
    *plain = endpoint.kind == SYSTEM_ENDPOINT_PLAIN;
    return ERROR_NONE;
}

struct error net_allow_listen(uint32_t compartment, uint16_t port)
{
    struct system_endpoint endpoint;

    return find(compartment, 0, port, &endpoint);
}

uint32_t net_allow_used(void)
{
    return used;
}
