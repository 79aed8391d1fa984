#include "service/front/front.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "service/front/front_internal.h"
#include "service/process/process.h"

#define HEADERS_SIZE_BYTES_MAX 4096
#define STREAM_TIMEOUT_S 300
#define PROBLEM_SIZE_BYTES_MAX 1024

static const char *reason_of(uint16_t status)
{
    switch (status) {
    case 200:
        return "OK";
    case 201:
        return "Created";
    case 202:
        return "Accepted";
    case 400:
        return "Bad Request";
    case 403:
        return "Forbidden";
    case 404:
        return "Not Found";
    case 405:
        return "Method Not Allowed";
    case 409:
        return "Conflict";
    case 413:
        return "Content Too Large";
    case 415:
        return "Unsupported Media Type";
    case 429:
        return "Too Many Requests";
    case 503:
        return "Service Unavailable";
    default:
        return "Answer";
    }
}

/* Head and body of an answer that fits into one TLS record become one: the stream writes piece by piece otherwise. */
static void join_output(struct bufferevent *stream)
{
    struct evbuffer *output = bufferevent_get_output(stream);
    if (evbuffer_get_length(output) <= SSL3_RT_MAX_PLAIN_LENGTH && evbuffer_pullup(output, -1) == NULL) {
        process_fail("out of memory");
    }
}

static void answer(struct evhttp_request *request, uint16_t status, enum ipc_content content, struct span body)
{
    struct evbuffer *output = evbuffer_new();
    struct evkeyvalq *headers = evhttp_request_get_output_headers(request);
    if (output == NULL || evbuffer_add(output, body.data, body.size) != 0) {
        process_fail("out of memory");
    }
    if (ipc_content_type(content) != NULL) {
        evhttp_add_header(headers, "Content-Type", ipc_content_type(content));
    }
    evhttp_add_header(headers, "Cache-Control", "no-store");
    if (status == 503 || status == 429) {
        evhttp_add_header(headers, "Retry-After", "1");
    }
    struct evhttp_connection *connection = evhttp_request_get_connection(request);
    /* Also right for a request whose connection is gone: it is freed. */
    evhttp_send_reply(request, status, reason_of(status), output);
    evbuffer_free(output);
    if (connection != NULL) {
        join_output(evhttp_connection_get_bufferevent(connection));
    }
}

void front_refuse(struct front *front, struct evhttp_request *request, uint16_t status, struct error error)
{
    uint8_t storage[PROBLEM_SIZE_BYTES_MAX];
    struct writer writer;
    writer_init(&writer, storage, sizeof storage);
    front->options->problem(error, status, &writer);
    answer(request, status, front->options->problem_content, writer_span(&writer));
}

static void on_core_answer(void *owner, void *request, const struct ipc_reply *reply)
{
    struct front *front = owner;
    if (reply == NULL) {
        front_refuse(front, request, 503, ERROR(CHECKIN, OVERLOADED));
        return;
    }
    answer(request, reply->status, reply->content, reply->body);
}

void front_forward(struct front *front, struct evhttp_request *request, struct ipc_request *message)
{
    if (!core_link_send(&front->link, message, request)) {
        front_refuse(front, request, 503, ERROR(CHECKIN, OVERLOADED));
    }
}

SSL *front_tls(struct evhttp_request *request)
{
    return bufferevent_openssl_get_ssl(evhttp_connection_get_bufferevent(evhttp_request_get_connection(request)));
}

bool front_channel_binding(struct evhttp_request *request, uint8_t out[CHANNEL_BINDING_SIZE_BYTES])
{
    struct connection *connection = connection_of(front_tls(request));
    if (!connection->has_channel_binding) {
        connection->has_channel_binding =
            SSL_export_keying_material(connection->tls, connection->channel_binding, CHANNEL_BINDING_SIZE_BYTES,
                                       CHECKIN_EXPORTER_LABEL, sizeof CHECKIN_EXPORTER_LABEL - 1, NULL, 0, 0) == 1;
    }
    memcpy(out, connection->channel_binding, CHANNEL_BINDING_SIZE_BYTES);
    return connection->has_channel_binding;
}

struct span front_body(struct evhttp_request *request)
{
    struct evbuffer *input = evhttp_request_get_input_buffer(request);
    return span_of(evbuffer_pullup(input, -1), evbuffer_get_length(input));
}

static void on_request(struct evhttp_request *request, void *context)
{
    struct front *front = context;
    connection_of(front_tls(request))->last_request_ms = front_time_ms();
    const struct sockaddr *peer = evhttp_connection_get_addr(evhttp_request_get_connection(request));
    if (peer != NULL && !rate_take(&front->rate, peer, front_time_ms())) {
        front_refuse(front, request, 429, ERROR(CHECKIN, OVERLOADED));
        return;
    }
    front->options->handle(front, request);
}

static void on_connected(void *owner)
{
    struct front *front = owner;
    static bool was_said;
    if (!was_said) {
        was_said = true;
        process_ready(front->options->ready_fd);
    }
}

static void on_stop(evutil_socket_t fd, short what, void *base)
{
    (void)fd;
    (void)what;
    event_base_loopbreak(base);
}

static void start_http(struct front *front)
{
    const struct front_options *options = front->options;
    front->http = evhttp_new(front->base);
    front->listener = evconnlistener_new(front->base, NULL, NULL, LEV_OPT_CLOSE_ON_EXEC | LEV_OPT_CLOSE_ON_FREE, 0,
                                         options->listen_fd);
    if (front->http == NULL || front->listener == NULL) {
        process_fail("cannot listen");
    }
    evhttp_set_bevcb(front->http, connection_new, front);
    evhttp_set_gencb(front->http, on_request, front);
    evhttp_set_allowed_methods(front->http,
                               EVHTTP_REQ_GET | EVHTTP_REQ_POST | (options->answers_head ? EVHTTP_REQ_HEAD : 0));
    evhttp_set_max_headers_size(front->http, HEADERS_SIZE_BYTES_MAX);
    evhttp_set_max_body_size(front->http, (ev_ssize_t)options->body_size_bytes_max);
    evhttp_set_timeout(front->http, STREAM_TIMEOUT_S);
    evhttp_set_default_content_type(front->http, NULL);
    if (evhttp_bind_listener(front->http, front->listener) == NULL) {
        process_fail("cannot listen");
    }
}

void front_run(const struct front_options *options)
{
    static struct front front;
    uint64_t seed = 0;
    if (getrandom(&seed, sizeof seed, 0) != (ssize_t)sizeof seed) {
        process_fail("the random source failed");
    }
    front.options = options;
    front.base = event_base_new();
    if (front.base == NULL) {
        process_fail("out of memory");
    }
    rate_init(&front.rate, options->listen->request_rate_max, seed);
    connections_init(&front);
    front.tls_context = front_tls_context(&front);
    core_link_start(&front.link, front.base, options->core_socket, on_core_answer, on_connected, &front);
    start_http(&front);
    struct event *stop = evsignal_new(front.base, SIGTERM, on_stop, front.base);
    if (stop == NULL || event_add(stop, NULL) != 0) {
        process_fail("out of memory");
    }
    event_base_dispatch(front.base);
    core_link_stop(&front.link);
    evhttp_free(front.http);
    event_free(stop);
    event_free(front.sweep);
    SSL_CTX_free(front.tls_context);
    event_base_free(front.base);
}

void front_arguments(int argument_count, char **arguments, struct config *config, int *listen_fd, int *ready_fd)
{
    const char *config_path = NULL;
    *listen_fd = -1;
    *ready_fd = -1;
    for (int index = 1; index + 1 < argument_count; index += 2) {
        if (strcmp(arguments[index], "--config") == 0) {
            config_path = arguments[index + 1];
        } else if (strcmp(arguments[index], "--listen") == 0) {
            *listen_fd = process_descriptor(arguments[index + 1]);
        } else if (strcmp(arguments[index], "--ready") == 0) {
            *ready_fd = process_descriptor(arguments[index + 1]);
        }
    }
    char message[256];
    if (config_path == NULL || *listen_fd < 0 || *ready_fd < 0) {
        process_fail("this program is started by soprisd; run 'soprisd --config FILE'");
    }
    if (!config_load(config_path, config, message, sizeof message)) {
        process_fail("%s: %s", config_path, message);
    }
}
