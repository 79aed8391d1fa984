/* Frames between a front (edge, door) and the core, over a unix stream socket.
 *     frame = u32 size of what follows, u8 kind, u64 id, body        (big-endian)
 * The id is the front's own and comes back in the reply; the core neither reads meaning into it nor trusts it.
 * Neither side trusts the other's bytes: a frame that does not decode ends the connection.
 * source  docs/decisions/0010-service-processes.md */
#ifndef SERVICE_IPC_IPC_H
#define SERVICE_IPC_IPC_H

#include "base/error.h"
#include "base/span.h"
#include "base/writer.h"
#include "formats/checkin/checkin.h"

#define IPC_HEADER_SIZE_BYTES 4
#define IPC_PATH_SIZE_BYTES_MAX 256
#define IPC_CERTIFICATE_SIZE_BYTES_MAX 4096
#define IPC_COMMAND_SIZE_BYTES_MAX 640
#define IPC_OPERATOR_BODY_SIZE_BYTES_MAX 65536
#define IPC_REPLY_BODY_SIZE_BYTES_MAX (1024 * 1024)
#define IPC_REQUEST_SIZE_BYTES_MAX \
    (64 + IPC_PATH_SIZE_BYTES_MAX + IPC_CERTIFICATE_SIZE_BYTES_MAX + IPC_COMMAND_SIZE_BYTES_MAX + \
     IPC_OPERATOR_BODY_SIZE_BYTES_MAX)
#define IPC_REPLY_SIZE_BYTES_MAX (64 + IPC_REPLY_BODY_SIZE_BYTES_MAX)

/* Values are on the socket. */
enum ipc_kind {
    IPC_CHECKIN = 1,
    IPC_CLAIM = 2,
    IPC_OPERATOR = 3,
    IPC_REPLY = 128,
};

enum ipc_method {
    IPC_GET = 1,
    IPC_POST = 2,
};

enum ipc_content {
    IPC_CONTENT_NONE = 0,
    IPC_CONTENT_CHECKIN = 1,
    IPC_CONTENT_CLAIM = 2,
    IPC_CONTENT_CBOR_PROBLEM = 3,
    IPC_CONTENT_JSON = 4,
    IPC_CONTENT_JSON_PROBLEM = 5,
};

/* One request; spans borrow from the frame. Which members count depends on kind. */
struct ipc_request {
    enum ipc_kind kind;
    uint64_t id;
    uint8_t channel_binding[CHANNEL_BINDING_SIZE_BYTES]; /* check-in: exporter value of the device's connection */
    struct ueid ueid;                                    /* claim */
    enum ipc_method method;                              /* operator, as the next four */
    struct span path;                                    /* with query */
    struct span certificate;                             /* the client certificate, DER, as TLS gave it */
    struct span command;                                 /* the operator command; empty for none */
    struct span body;                                    /* check-in and operator */
};

struct ipc_reply {
    uint64_t id;
    uint16_t status; /* HTTP, 100 to 599 */
    enum ipc_content content;
    struct span body;
};

/* Size of a whole frame, size field included, that begins with this size field; not yet checked against any bound. */
size_t ipc_frame_size(const uint8_t header[IPC_HEADER_SIZE_BYTES]);

/* Finds the first whole frame of a stream's input.
 * size_bytes_max  of the frame without its size field
 * frame           the frame without its size field, borrowed; data is NULL while it is incomplete
 * consumed_bytes  size of the frame with its size field, or 0
 * errors          CBOR_RANGE: the frame is larger than allowed or too small to be one */
MUST_USE struct error ipc_frame_next(struct span input, size_t size_bytes_max, struct span *frame,
                                     size_t *consumed_bytes);

/* errors  CBOR_TRUNCATED, CBOR_RANGE, CBOR_TRAILING, CBOR_TYPE */
MUST_USE struct error ipc_request_parse(struct span frame, struct ipc_request *out);
MUST_USE struct error ipc_reply_parse(struct span frame, struct ipc_reply *out);
/* Writes a whole frame, size field included.  errors  CBOR_CAPACITY, CBOR_RANGE */
MUST_USE struct error ipc_request_encode(const struct ipc_request *request, struct writer *out);
MUST_USE struct error ipc_reply_encode(const struct ipc_reply *reply, struct writer *out);
/* "application/json" and so on; NULL for none. */
const char *ipc_content_type(enum ipc_content content);

#endif
