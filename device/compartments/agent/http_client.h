/* One HTTP/1.1 request and its response over TLS; the connection stays open for the next one. */
#ifndef DEVICE_COMPARTMENTS_AGENT_HTTP_CLIENT_H
#define DEVICE_COMPARTMENTS_AGENT_HTTP_CLIENT_H

#include "device/compartments/agent/http_response.h"
#include "device/tls/tls_client.h"

/* Method, path, host and fields of a request together. */
#define HTTP_CLIENT_HEAD_SIZE_BYTES_MAX 320

struct http_request {
    const char *method;
    const char *path;
    const char *host;
    const char *content_type; /* NULL without a body */
    struct span body;
    uint32_t range_first;
    uint32_t range_size_bytes; /* 0: the whole */
};

/* memory    holds the response, head and body; the request's body may lie in it: it is sent before anything comes in
 * response  its status may be any; content_type borrows from memory
 * body      borrows from memory
 * errors    HTTP_*, TLS_IO, NET_*: the connection is of no use afterwards, as it is if response->close is set */
MUST_USE struct error http_client_exchange(struct tls_client *client, const struct http_request *request,
                                           struct buffer memory, uint32_t timeout_ms, struct http_response *response,
                                           struct span *body);

#endif
