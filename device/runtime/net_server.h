/* Serves a TCP port of the device through the `net` compartment. The port must be declared in the system file.
 * Clients come and go by themselves: one is known by its handle from its first bytes on. */
#ifndef DEVICE_RUNTIME_NET_SERVER_H
#define DEVICE_RUNTIME_NET_SERVER_H

#include "base/error.h"
#include "base/span.h"
#include "device/runtime/net_client.h"
#include "device/runtime/net_protocol.h"

/* Once after each start of the compartment; clients of its life before are dropped.  errors  NET_NOT_DECLARED, NET_CAPACITY */
MUST_USE struct error net_server_listen(uint16_t port);
/* Waits until a client has sent something (appended to data) or is gone (nothing appended; its handle means nobody any
 * more). A client is answered with net_client_send and sent away with net_client_close.
 * errors  NET_TIMEOUT, NET_HANDLE (does not listen), NET_CLOSED */
MUST_USE struct error net_server_next(uint16_t port, struct buffer *data, uint32_t timeout_ms, uint32_t *client);

#endif
