/* TCP connections of the other compartments, over lwIP. Each belongs to the compartment that opened it.
 *
 * A request that cannot be answered yet waits in its connection with a deadline; the caller waits in the kernel. A
 * compartment that is restarted has forgotten its handles: when it reaches its limit its oldest connection goes.
 *
 *                 connect            established              peer closes / error
 *     free ---> CONNECTING -----------> OPEN -----------------------> ENDED
 *       ^             | error, time-out   | close                        | close
 *       +-------------+-------------------+------------------------------+ */
#ifndef DEVICE_COMPARTMENTS_NET_NET_CONNECTION_H
#define DEVICE_COMPARTMENTS_NET_NET_CONNECTION_H

#include "device/compartments/net/net_request.h"

#define NET_CONNECTION_COUNT_MAX 3
#define NET_CONNECTION_COUNT_PER_CALLER_MAX 2

/* Serves one request that net_request_parse accepted; replies now or later. */
void net_connection_serve(uint32_t caller, const struct net_request *request);
/* Ends waits that can be answered now or whose deadline has passed. Gives the time until the next deadline; UINT32_MAX
 * if nothing waits. */
uint32_t net_connection_check_waits(void);

/* An error as reply. */
void net_connection_reply_error(uint32_t caller, struct error error);

#endif
