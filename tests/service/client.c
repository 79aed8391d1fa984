#include "tests/service/client.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "formats/checkin/checkin.h"
#include "tests/service/world.h"

#define TIMEOUT_S 15

SSL_CTX *client_context(const char *folder, const char *groups)
{
    char path[512];
    snprintf(path, sizeof path, "%s/owner.crt", folder);
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    if (SSL_CTX_load_verify_file(context, path) != 1 || SSL_CTX_set1_groups_list(context, groups) != 1 ||
        SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION) != 1) {
        die("cannot set up TLS with %s", path);
    }
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
    return context;
}

uint16_t client_port(const char *folder)
{
    char path[512];
    unsigned int port = 0;
    snprintf(path, sizeof path, "%s/run/edge.port", folder);
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        return 0;
    }
    if (fscanf(file, "%u", &port) != 1) {
        port = 0;
    }
    fclose(file);
    return (uint16_t)port;
}

bool client_open(struct client *client, SSL_CTX *context, uint16_t port)
{
    const struct timeval timeout = {.tv_sec = TIMEOUT_S};
    struct sockaddr_in where = {.sin_family = AF_INET, .sin_port = htons(port)};
    int one = 1;
    where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    *client = (struct client){.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), .tls = SSL_new(context)};
    setsockopt(client->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    setsockopt(client->fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
    if (connect(client->fd, (struct sockaddr *)&where, sizeof where) != 0) {
        client_close(client);
        return false;
    }
    SSL_set_fd(client->tls, client->fd);
    SSL_set1_host(client->tls, SERVICE_TLS_NAME);
    SSL_set_tlsext_host_name(client->tls, SERVICE_TLS_NAME);
    if (SSL_connect(client->tls) != 1 ||
        SSL_export_keying_material(client->tls, client->channel_binding, sizeof client->channel_binding,
                                   CHECKIN_EXPORTER_LABEL, strlen(CHECKIN_EXPORTER_LABEL), NULL, 0, 0) != 1) {
        ERR_clear_error();
        client_close(client);
        return false;
    }
    return true;
}

void client_close(struct client *client)
{
    if (client->tls != NULL) {
        SSL_free(client->tls);
        close(client->fd);
    }
    *client = (struct client){.fd = -1};
}

static bool read_response(struct client *client, struct response *out)
{
    char head[12288];
    size_t used = 0;
    for (;;) {
        int got = SSL_read(client->tls, head + used, (int)(sizeof head - 1 - used));
        if (got <= 0) {
            return false;
        }
        used += (size_t)got;
        head[used] = '\0';
        const char *end = memmem(head, used, "\r\n\r\n", 4);
        const char *length = strcasestr(head, "\r\ncontent-length:");
        size_t size = length != NULL && (end == NULL || length < end) ? strtoul(length + 17, NULL, 10) : 0;
        if (end == NULL || used < (size_t)(end + 4 - head) + size) {
            if (used == sizeof head - 1) {
                return false;
            }
            continue;
        }
        if (size > sizeof out->body || sscanf(head, "HTTP/1.1 %d", &out->status) != 1) {
            return false;
        }
        memcpy(out->body, end + 4, size);
        out->size_bytes = size;
        return true;
    }
}

bool client_send(struct client *client, const char *path, const char *content_type, struct span body)
{
    char request[CHECKIN_REQUEST_SIZE_BYTES_MAX + 512];
    int size = content_type == NULL
                   ? snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: " SERVICE_TLS_NAME "\r\n\r\n", path)
                   : snprintf(request, sizeof request,
                              "POST %s HTTP/1.1\r\nHost: " SERVICE_TLS_NAME "\r\nContent-Type: %s\r\n"
                              "Content-Length: %zu\r\n\r\n",
                              path, content_type, body.size);
    if (body.size > sizeof request - (size_t)size) {
        die("a request is too large for the client");
    }
    if (body.size > 0) {
        memcpy(request + size, body.data, body.size);
    }
    ERR_clear_error();
    return client->tls != NULL && SSL_write(client->tls, request, size + (int)body.size) > 0;
}

void client_receive(struct client *client, struct response *out)
{
    out->status = 0;
    out->size_bytes = 0;
    ERR_clear_error();
    if (client->tls == NULL || !read_response(client, out)) {
        ERR_clear_error();
        out->status = 0;
    }
}

void client_request(struct client *client, const char *path, const char *content_type, struct span body,
                    struct response *out)
{
    if (client_send(client, path, content_type, body)) {
        client_receive(client, out);
    } else {
        *out = (struct response){0};
    }
}
