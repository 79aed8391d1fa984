/* What edge and door have in common: TLS 1.3 and HTTP by libevent and OpenSSL, limits, and the way to the core.
 * One event loop, one thread. The peer is untrusted, whatever certificate it shows. */
#ifndef SERVICE_FRONT_FRONT_H
#define SERVICE_FRONT_FRONT_H

#include <event2/http.h>
#include <openssl/ssl.h>

#include "service/config/config.h"
#include "service/front/core_link.h"
#include "service/ipc/ipc.h"

struct front;

struct front_options {
    const char *name;
    const struct config_listen *listen;
    const char *core_socket;
    const char *client_ca; /* NULL: clients show no certificate; else they must, signed by this CA */
    int listen_fd;
    int ready_fd;
    size_t body_size_bytes_max;
    bool answers_head; /* its handler tells HEAD from GET */
    enum ipc_content problem_content;
    /* Handles one request whose size is within limits, by front_forward or front_refuse. */
    void (*handle)(struct front *front, struct evhttp_request *request);
    /* Writes a problem's body in the form that this front's clients read. */
    void (*problem)(struct error error, uint16_t status, struct writer *out);
};

/* Serves until SIGTERM, then returns. */
void front_run(const struct front_options *options);
/* Sends the message to the core; its reply, or the problem that it is away, becomes the answer. */
void front_forward(struct front *front, struct evhttp_request *request, struct ipc_request *message);
/* Answers with a problem. */
void front_refuse(struct front *front, struct evhttp_request *request, uint16_t status, struct error error);
/* The TLS connection that a request came on. */
SSL *front_tls(struct evhttp_request *request);
/* Exporter value of that connection (RFC 9266 4.2). false: TLS has none to give. */
bool front_channel_binding(struct evhttp_request *request, uint8_t out[CHANNEL_BINDING_SIZE_BYTES]);
/* The body in one piece, borrowed until the request is answered. */
struct span front_body(struct evhttp_request *request);
/* Reads --config, --listen and --ready; prints usage and exits if they are not there. */
void front_arguments(int argument_count, char **arguments, struct config *config, int *listen_fd, int *ready_fd);

#endif
