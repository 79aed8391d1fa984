/* Makes COUNT full mutual TLS 1.3 handshakes (P-256) one after another and closes each: the load for the peer that
 * `make bench` compares check-ins with. Prints handshakes and seconds.
 * usage  handshake_client PORT COUNT CERTIFICATE KEY CA */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static SSL_CTX *context_of(const char *certificate, const char *key, const char *ca)
{
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());

    if (context == NULL || SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION) != 1 ||
        SSL_CTX_set1_groups_list(context, "P-256") != 1 ||
        SSL_CTX_set_ciphersuites(context, "TLS_AES_128_GCM_SHA256") != 1 ||
        SSL_CTX_use_certificate_chain_file(context, certificate) != 1 ||
        SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) != 1 ||
        SSL_CTX_load_verify_locations(context, ca, NULL) != 1) {
        return NULL;
    }
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
    return context;
}

/* One connection; waits for the server's close, so that the server has finished its half of the handshake. */
static int handshake_once(SSL_CTX *context, const struct sockaddr_in *address)
{
    static const char request[] = "GET / HTTP/1.0\r\n\r\n";
    char answer[512];
    int enable = 1;
    int descriptor = socket(AF_INET, SOCK_STREAM, 0);
    SSL *ssl = SSL_new(context);
    int ok = 0;

    if (descriptor >= 0 && ssl != NULL &&
        setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &enable, sizeof(enable)) == 0 &&
        connect(descriptor, (const struct sockaddr *)address, sizeof(*address)) == 0 &&
        SSL_set_fd(ssl, descriptor) == 1 && SSL_connect(ssl) == 1 &&
        SSL_write(ssl, request, sizeof(request) - 1) > 0) {
        ok = SSL_read(ssl, answer, sizeof(answer)) > 0;
    }
    SSL_free(ssl);
    if (descriptor >= 0) {
        close(descriptor);
    }
    return ok;
}

int main(int argc, char **argv)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct timespec begin;
    struct timespec end;

    if (argc != 6) {
        fprintf(stderr, "usage: %s PORT COUNT CERTIFICATE KEY CA\n", argv[0]);
        return 2;
    }
    address.sin_port = htons((uint16_t)atoi(argv[1]));
    SSL_CTX *context = context_of(argv[3], argv[4], argv[5]);
    if (context == NULL) {
        fprintf(stderr, "The certificate, key or CA file cannot be used.\n");
        ERR_print_errors_fp(stderr);
        return 1;
    }
    int count = atoi(argv[2]);
    clock_gettime(CLOCK_MONOTONIC, &begin);
    for (int index = 0; index < count; index++) {
        if (!handshake_once(context, &address)) {
            fprintf(stderr, "Handshake %d failed.\n", index);
            ERR_print_errors_fp(stderr);
            return 1;
        }
    }
    clock_gettime(CLOCK_MONOTONIC, &end);
    SSL_CTX_free(context);
    printf("%d %.3f\n", count,
           (double)(end.tv_sec - begin.tv_sec) + (double)(end.tv_nsec - begin.tv_nsec) / 1e9);
    return 0;
}
