/* TCP connections through the `net` compartment. Hosts and ports must be declared in the system file.
 * Handles are small non-negative numbers that belong to the calling compartment. */
#ifndef DEVICE_RUNTIME_NET_CLIENT_H
#define DEVICE_RUNTIME_NET_CLIENT_H

#include "base/error.h"
#include "base/span.h"

/* host  IPv4 in dotted form, NUL-terminated.  errors  NET_NOT_DECLARED, NET_UNREACHABLE, NET_TIMEOUT, NET_CAPACITY */
MUST_USE struct error net_client_connect(const char *host, uint16_t port, uint32_t timeout_ms, uint32_t *handle);
/* Sends some of data; sent_size_bytes is at least 1 on success.  errors  NET_CLOSED, NET_TIMEOUT, NET_HANDLE */
MUST_USE struct error net_client_send(uint32_t handle, struct span data, uint32_t timeout_ms, size_t *sent_size_bytes);
/* Receives at least 1 byte into the free part of data.  errors  NET_CLOSED, NET_TIMEOUT, NET_HANDLE */
MUST_USE struct error net_client_receive(uint32_t handle, struct buffer *data, uint32_t timeout_ms);
/* For compartments of base: bit n for the endpoint n of runtime_endpoint that was used since net started.
 * errors  NET_NOT_DECLARED, KERNEL_* */
MUST_USE struct error net_client_used(uint32_t *endpoints);
/* Errors are of no interest: afterwards the handle is gone either way. */
void net_client_close(uint32_t handle);

#endif
