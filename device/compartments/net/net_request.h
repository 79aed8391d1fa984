/* Reads the requests of device/runtime/net_protocol.h; they come from other compartments, which may be hostile. */
#ifndef DEVICE_COMPARTMENTS_NET_NET_REQUEST_H
#define DEVICE_COMPARTMENTS_NET_NET_REQUEST_H

#include "base/error.h"
#include "base/span.h"
#include "device/runtime/net_protocol.h"

struct net_request {
    enum net_operation operation;
    uint32_t handle;
    uint32_t timeout_ms; /* at most NET_PROTOCOL_TIMEOUT_MS_MAX */
    uint32_t address;    /* connect */
    uint16_t port;       /* connect, listen, next */
    uint16_t size_bytes; /* receive, next: 1 to NET_PROTOCOL_DATA_SIZE_BYTES_MAX */
    struct span data;    /* send: not empty; borrowed */
};

/* errors  KERNEL_ARGUMENT (malformed), NET_NOT_DECLARED (a host that is no IPv4 address) */
MUST_USE struct error net_request_parse(struct span input, struct net_request *out);

#endif
