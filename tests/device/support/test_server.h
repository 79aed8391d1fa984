/* A scripted server on loopback for tests, in a thread of the test: plain TCP, or TLS by OpenSSL on top. */
#ifndef TESTS_DEVICE_SUPPORT_TEST_SERVER_H
#define TESTS_DEVICE_SUPPORT_TEST_SERVER_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <openssl/ssl.h>

#include "tests/device/support/test_pki.h"

struct test_server;

/* Serves one connection; it is closed afterwards. ssl is NULL for a plain server and when the handshake failed. */
typedef void (*test_server_handler)(struct test_server *server, int fd, SSL *ssl);

struct test_server_options {
    const struct test_certificate *certificate; /* NULL: plain TCP */
    const struct test_certificate *chain;       /* sent after it; may be NULL */
    const struct test_certificate *client_ca;   /* if set, clients must show a certificate of it */
    const char *groups;                         /* NULL: P-256 */
    int max_version;                            /* 0: TLS 1.3 */
    test_server_handler handler;
    void *context;
};

struct test_server {
    struct test_server_options options;
    SSL_CTX *ssl_context;
    int listener;
    uint16_t port;
    pthread_t thread;
    atomic_uint connection_count;
    atomic_uint handshake_count;
};

void test_server_start(struct test_server *server, const struct test_server_options *options);
void test_server_stop(struct test_server *server);

#endif
