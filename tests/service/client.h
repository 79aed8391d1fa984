/* A blocking HTTPS client for tests: TLS 1.3, one connection, kept open between requests. */
#ifndef TESTS_SERVICE_CLIENT_H
#define TESTS_SERVICE_CLIENT_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"

struct client {
    SSL *tls;
    int fd;
    uint8_t channel_binding[32];
};

struct response {
    int status; /* 0: the connection broke */
    size_t size_bytes;
    uint8_t body[8192];
};

/* Trusts the owner root of a world's folder; groups as OpenSSL names them. */
SSL_CTX *client_context(const char *folder, const char *groups);
/* The port of a running service. 0: it has written none yet. */
uint16_t client_port(const char *folder);
bool client_open(struct client *client, SSL_CTX *context, uint16_t port);
void client_close(struct client *client);
/* One request and its response. content_type NULL: a GET. */
void client_request(struct client *client, const char *path, const char *content_type, struct span body,
                    struct response *out);
/* The two halves of it, so that many connections can wait for their responses at once.
 * false: the connection broke, and client_receive will say so too. */
bool client_send(struct client *client, const char *path, const char *content_type, struct span body);
void client_receive(struct client *client, struct response *out);

#endif
