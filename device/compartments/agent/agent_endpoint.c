#include "device/compartments/agent/agent_endpoint.h"

#include "device/abi/system_table.h"
#include "device/runtime/net_client.h"
#include "device/runtime/runtime.h"

_Static_assert((int)ENDPOINT_TLS == SYSTEM_ENDPOINT_TLS && (int)ENDPOINT_PLAIN == SYSTEM_ENDPOINT_PLAIN &&
                   (int)ENDPOINT_LISTEN == SYSTEM_ENDPOINT_LISTEN, "the table's kinds are those of the wire");
_Static_assert(ENDPOINT_COUNT_MAX == 2 * SYSTEM_ENDPOINT_COUNT_MAX, "base's and an app's");

void agent_endpoint_fill(struct checkin_request *request)
{
    struct system_endpoint declared;
    uint32_t used = 0;

    if (!error_is_none(net_client_used(&used))) {
        return; /* the next check-in says it */
    }
    for (uint32_t index = 0; index < ENDPOINT_COUNT_MAX && error_is_none(runtime_endpoint(index, &declared)); index++) {
        request->endpoints[request->endpoint_count++] = (struct endpoint){
            .compartment = declared.compartment, .kind = (enum endpoint_kind)declared.kind, .port = declared.port,
            .address = declared.address, .used = (used >> index & 1u) != 0};
    }
}
