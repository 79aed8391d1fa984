/* Reads the head of an HTTP/1.1 response (RFC 9112), the strict part that our service speaks: one status line, fields
 * without folding, a body of Content-Length bytes. Everything comes from a peer that may be hostile. */
#ifndef DEVICE_COMPARTMENTS_AGENT_HTTP_RESPONSE_H
#define DEVICE_COMPARTMENTS_AGENT_HTTP_RESPONSE_H

#include "base/error.h"
#include "base/span.h"

/* A head that is longer is refused. */
#define HTTP_RESPONSE_HEAD_SIZE_BYTES_MAX 1024

struct http_response {
    uint32_t status;          /* 200 to 599 */
    size_t head_size_bytes;   /* the body starts here; 0 while the head is not complete */
    size_t body_size_bytes;   /* Content-Length */
    struct span content_type; /* without parameters; borrowed from the input; empty if there is none */
    bool has_range;           /* Content-Range: bytes first-last/total */
    uint32_t range_first;
    uint32_t range_last;
    uint32_t range_total;
    bool close;               /* the peer closes the connection after this response */
};

/* input   what was received so far, from the first byte of the response on; may hold part of the body
 * out     head_size_bytes is 0 if more bytes are needed: call again with a longer input
 * errors  HTTP_STRUCTURE (also for Transfer-Encoding, a repeated or missing length, a repeated range or one of
 *         another form, a 1xx status), HTTP_SIZE
 * source  RFC 9112 sections 4, 5, 6.3; RFC 9110 sections 5.5, 8.3, 8.6, 14.4 */
MUST_USE struct error http_response_parse(struct span input, struct http_response *out);

#endif
