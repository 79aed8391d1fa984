#include "tests/device/support/test_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/err.h>

static void require(bool condition, const char *what)
{
    if (!condition) {
        fprintf(stderr, "test server: %s failed\n", what);
        abort();
    }
}

static SSL_CTX *make_context(const struct test_server_options *options)
{
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());

    require(context != NULL, "SSL_CTX_new");
    require(SSL_CTX_use_certificate(context, options->certificate->x509) == 1 &&
                SSL_CTX_use_PrivateKey(context, options->certificate->key) == 1,
            "loading the certificate");
    if (options->chain != NULL) {
        require(SSL_CTX_add1_chain_cert(context, options->chain->x509) == 1, "loading the chain");
    }
    require(SSL_CTX_set1_groups_list(context, options->groups != NULL ? options->groups : "P-256") == 1, "groups");
    SSL_CTX_set_max_proto_version(context, options->max_version);
    if (options->client_ca != NULL) {
        SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
        require(X509_STORE_add_cert(SSL_CTX_get_cert_store(context), options->client_ca->x509) == 1, "the client CA");
        X509_STORE_set_flags(SSL_CTX_get_cert_store(context), X509_V_FLAG_PARTIAL_CHAIN);
    }
    return context;
}

static void serve_connection(struct test_server *server, int fd)
{
    SSL *ssl = NULL;

    if (server->ssl_context != NULL) {
        ssl = SSL_new(server->ssl_context);
        SSL_set_fd(ssl, fd);
        if (SSL_accept(ssl) != 1) {
            if (getenv("TEST_VERBOSE") != NULL) {
                ERR_print_errors_fp(stderr);
            }
            ERR_clear_error();
            SSL_free(ssl);
            return;
        }
        atomic_fetch_add(&server->handshake_count, 1);
    }
    server->options.handler(server, fd, ssl);
    if (ssl != NULL) {
        (void)SSL_shutdown(ssl);
        SSL_free(ssl);
    }
}

static void *serve(void *argument)
{
    struct test_server *server = argument;
    struct timeval limit = {.tv_sec = 5};
    int one = 1;

    for (;;) {
        int fd = accept(server->listener, NULL, NULL);
        if (fd < 0) {
            return NULL;
        }
        (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
        (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
        atomic_fetch_add(&server->connection_count, 1);
        serve_connection(server, fd);
        (void)close(fd);
    }
}

void test_server_start(struct test_server *server, const struct test_server_options *options)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(address);

    (void)signal(SIGPIPE, SIG_IGN);
    memset(server, 0, sizeof(*server));
    server->options = *options;
    server->ssl_context = options->certificate != NULL ? make_context(options) : NULL;
    server->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    require(bind(server->listener, (struct sockaddr *)&address, sizeof(address)) == 0 &&
                listen(server->listener, 8) == 0 &&
                getsockname(server->listener, (struct sockaddr *)&address, &size) == 0,
            "listening");
    server->port = ntohs(address.sin_port);
    require(pthread_create(&server->thread, NULL, serve, server) == 0, "starting the thread");
}

void test_server_stop(struct test_server *server)
{
    (void)shutdown(server->listener, SHUT_RDWR);
    pthread_join(server->thread, NULL);
    (void)close(server->listener);
    SSL_CTX_free(server->ssl_context);
}
