/* The network, as far as the system file declares it: hosts to connect to (endpoints) and ports to serve (listens). What is
 * not declared fails with NET_NOT_DECLARED, is recorded and reaches the device's owner. */
#ifndef DEVICE_SDK_SDK_NET_H
#define DEVICE_SDK_SDK_NET_H

#include "base/error.h"
#include "base/span.h"

/* Clients of one compartment have places from 0 on; a new one may take the place of one that is gone. */
#define SDK_CLIENT_COUNT_MAX 4
#define SDK_CLIENT_PLACE(client) ((client) % SDK_CLIENT_COUNT_MAX)

/* Starts to serve a TCP port: once, in setup.  errors  NET_NOT_DECLARED, NET_CAPACITY */
MUST_USE struct error sdk_listen(uint16_t port);
/* Waits for a client: bytes that it sent are appended to data; none appended: this client is gone.
 * errors  NET_TIMEOUT (nothing happened), NET_CLOSED, NET_HANDLE, KERNEL_* (net was started again: listen anew) */
MUST_USE struct error sdk_next(uint16_t port, struct buffer *data, uint32_t timeout_ms, uint32_t *client);

/* Connects to a declared host (IPv4, dotted).  errors  NET_NOT_DECLARED, NET_UNREACHABLE, NET_TIMEOUT, NET_CAPACITY */
MUST_USE struct error sdk_connect(const char *host, uint16_t port, uint32_t timeout_ms, uint32_t *connection);
/* Appends at least one byte.  errors  NET_CLOSED, NET_TIMEOUT, NET_HANDLE */
MUST_USE struct error sdk_receive(uint32_t connection, struct buffer *data, uint32_t timeout_ms);

/* To a client or over a connection, all of it.
 * errors  NET_CLOSED, NET_TIMEOUT, NET_HANDLE, NET_PLAIN (the endpoint was declared for TLS, and this is none) */
MUST_USE struct error sdk_send(uint32_t connection, struct span data, uint32_t timeout_ms);
void sdk_hang_up(uint32_t connection);

#endif
