#include "tests/device/support/test_service.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEAD_SIZE_BYTES_MAX 2048

/* The value of a header field; empty if there is none. */
static void copy_field(const char *head, const char *name, char *out, size_t capacity)
{
    const char *value = strstr(head, name);

    value = value != NULL ? value + strlen(name) : "";
    snprintf(out, capacity, "%.*s", (int)strcspn(value, "\r"), value);
}

/* Reads one request: its line, its body by Content-Length. False at the end of the connection. */
static bool read_request(SSL *ssl, struct test_service_request *request)
{
    char head[HEAD_SIZE_BYTES_MAX];
    size_t size = 0;

    while (size < 4 || memcmp(head + size - 4, "\r\n\r\n", 4) != 0) {
        if (size == sizeof(head) - 1 || SSL_read(ssl, head + size, 1) != 1) {
            return false;
        }
        size++;
    }
    head[size] = '\0';
    snprintf(request->line, sizeof(request->line), "%.*s", (int)strcspn(head, "\r"), head);
    copy_field(head, "\r\nHost: ", request->host, sizeof(request->host));
    copy_field(head, "\r\nRange: ", request->range, sizeof(request->range));
    const char *length = strstr(head, "Content-Length: ");
    size_t body_size = length != NULL ? strtoul(length + strlen("Content-Length: "), NULL, 10) : 0;
    if (body_size > sizeof(request->body)) {
        return false;
    }
    for (request->body_size = 0; request->body_size < body_size;) {
        int got = SSL_read(ssl, request->body + request->body_size, (int)(body_size - request->body_size));
        if (got <= 0) {
            return false;
        }
        request->body_size += (size_t)got;
    }
    return true;
}

static void serve(struct test_server *server, int fd, SSL *ssl)
{
    struct test_service *service = server->options.context;

    (void)fd;
    for (;;) {
        size_t index = atomic_load(&service->request_count);
        if (index >= service->reply_count || index >= TEST_SERVICE_REQUEST_COUNT_MAX) {
            return;
        }
        struct test_service_request *request = &service->requests[index];
        if (!read_request(ssl, request)) {
            return;
        }
        request->connection = atomic_load(&server->connection_count);
        SSL_export_keying_material(ssl, request->exporter, sizeof(request->exporter), CHECKIN_EXPORTER_LABEL,
                                   strlen(CHECKIN_EXPORTER_LABEL), NULL, 0, 0);
        atomic_fetch_add(&service->request_count, 1);
        const struct test_service_reply *reply = &service->replies[index];
        if (reply->size > 0) {
            (void)SSL_write(ssl, reply->bytes, (int)reply->size);
        }
        if (reply->hang_up) {
            return;
        }
    }
}

void test_service_start(struct test_service *service, const struct test_pki *pki,
                        const struct test_service_reply *replies, size_t reply_count)
{
    struct test_server_options options = {
        .certificate = &pki->server,
        .chain = &pki->ca,
        .handler = serve,
        .context = service,
    };

    memset(service, 0, sizeof(*service));
    service->replies = replies;
    service->reply_count = reply_count;
    test_server_start(&service->server, &options);
}

void test_service_stop(struct test_service *service)
{
    test_server_stop(&service->server);
}

void test_service_http(struct test_service_reply *reply, int status, const char *content_type, struct span body)
{
    memset(reply, 0, sizeof(*reply));
    int head_size = snprintf((char *)reply->bytes, sizeof(reply->bytes),
                             "HTTP/1.1 %d X\r\nContent-Type: %s\r\nContent-Length: %zu\r\n\r\n", status, content_type,
                             body.size);
    memcpy(reply->bytes + head_size, body.data, body.size);
    reply->size = (size_t)head_size + body.size;
}

void test_service_range(struct test_service_reply *reply, struct span file, uint32_t first, uint32_t size,
                        uint32_t sent_size)
{
    memset(reply, 0, sizeof(*reply));
    int head_size = snprintf((char *)reply->bytes, sizeof(reply->bytes),
                             "HTTP/1.1 206 X\r\nContent-Range: bytes %u-%u/%zu\r\nContent-Length: %u\r\n\r\n", first,
                             first + size - 1, file.size, size);
    memcpy(reply->bytes + head_size, file.data + first, sent_size);
    reply->size = (size_t)head_size + sent_size;
    reply->hang_up = sent_size < size;
}

void test_service_problem(struct test_service_reply *reply, uint32_t code, const uint8_t *challenge)
{
    uint8_t body[512];
    struct writer writer;
    struct checkin_problem problem = {
        .title = SPAN_OF("refused"),
        .detail = SPAN_OF("for a test"),
        .has_challenge = challenge != NULL,
        .code = code,
    };

    problem.title.size--;
    problem.detail.size--;
    if (challenge != NULL) {
        memcpy(problem.challenge, challenge, CHALLENGE_SIZE_BYTES);
    }
    writer_init(&writer, body, sizeof(body));
    if (!error_is_none(checkin_problem_encode(&problem, &writer))) {
        abort();
    }
    test_service_http(reply, 403, PROBLEM_CONTENT_TYPE, writer_span(&writer));
}

void test_service_text(struct test_service_reply *reply, const char *text)
{
    memset(reply, 0, sizeof(*reply));
    reply->size = strlen(text);
    memcpy(reply->bytes, text, reply->size);
}
