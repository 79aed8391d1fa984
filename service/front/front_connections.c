/* Limits on connections: their number, their age without a request, their rate for each address. */
#include <errno.h>
#include <event2/bufferevent_ssl.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>

#include "service/front/front_internal.h"
#include "service/process/process.h"

#define FIRST_REQUEST_TIMEOUT_MS 20000
#define NEXT_REQUEST_TIMEOUT_MS 600000
/* Standard streams, listener, core, event loop, random source; with room to spare. */
#define OTHER_DESCRIPTOR_COUNT 32

static int connection_index = -1;

uint64_t front_time_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* OpenSSL calls this when it frees the SSL object, which libevent does on every way out: the one place to count. */
static void on_tls_freed(void *parent, void *pointer, CRYPTO_EX_DATA *data, int index, long long_argument, void *argument)
{
    (void)parent;
    (void)data;
    (void)index;
    (void)long_argument;
    (void)argument;
    struct connection *connection = pointer;
    if (connection == NULL) {
        return;
    }
    struct front *front = connection->front;
    connection->previous->next = connection->next;
    connection->next->previous = connection->previous;
    free(connection);
    front->connection_count--;
    if (front->is_paused && front->connection_count < front->connection_count_max) {
        front->is_paused = false;
        evconnlistener_enable(front->listener);
    }
}

struct connection *connection_of(SSL *tls)
{
    return SSL_get_ex_data(tls, connection_index);
}

/* Ends connections on which no request comes, however slowly its bytes do. The stream sees the end and cleans up. */
static void on_sweep(evutil_socket_t fd, short what, void *context)
{
    (void)fd;
    (void)what;
    struct front *front = context;
    uint64_t now_ms = front_time_ms();
    for (struct connection *at = front->connections.next; at != &front->connections; at = at->next) {
        bool is_late = at->last_request_ms == 0 ? now_ms - at->start_ms > FIRST_REQUEST_TIMEOUT_MS
                                                : now_ms - at->last_request_ms > NEXT_REQUEST_TIMEOUT_MS;
        int socket_fd = SSL_get_fd(at->tls);
        if (is_late && socket_fd >= 0) {
            shutdown(socket_fd, SHUT_RDWR);
        }
    }
}

/* Without a descriptor for each permitted connection, strangers could bring the process to where accept fails and is
 * tried again for ever. */
static uint32_t connections_possible(uint32_t wanted)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) {
        process_fail("the limit of open files cannot be read");
    }
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur <= OTHER_DESCRIPTOR_COUNT) {
        process_fail("the limit of open files (ulimit -n) leaves none for connections");
    }
    if (wanted > limit.rlim_cur - OTHER_DESCRIPTOR_COUNT) {
        wanted = (uint32_t)(limit.rlim_cur - OTHER_DESCRIPTOR_COUNT);
        process_log("at most %u connections at once: more needs a higher limit of open files (ulimit -n)", wanted);
    }
    return wanted;
}

void connections_init(struct front *front)
{
    const struct timeval second = {.tv_sec = 1};
    front->connections.next = &front->connections;
    front->connections.previous = &front->connections;
    front->connection_count_max = connections_possible(front->options->listen->connection_count_max);
    connection_index = SSL_get_ex_new_index(0, NULL, NULL, NULL, on_tls_freed);
    front->sweep = event_new(front->base, -1, EV_PERSIST, on_sweep, front);
    if (connection_index < 0 || front->sweep == NULL || event_add(front->sweep, &second) != 0) {
        process_fail("out of memory");
    }
}

struct bufferevent *connection_new(struct event_base *base, void *context)
{
    struct front *front = context;
    struct connection *connection = calloc(1, sizeof *connection);
    SSL *tls = SSL_new(front->tls_context);
    struct bufferevent *stream = NULL;
    if (connection != NULL && tls != NULL) {
        stream = bufferevent_openssl_socket_new(base, -1, tls, BUFFEREVENT_SSL_ACCEPTING, BEV_OPT_CLOSE_ON_FREE);
    }
    if (stream == NULL || SSL_set_ex_data(tls, connection_index, connection) != 1) {
        process_fail("out of memory");
    }
    /* Many clients close without a TLS farewell; HTTP says itself where a message ends. */
    bufferevent_openssl_set_allow_dirty_shutdown(stream, 1);
    *connection = (struct connection){.tls = tls, .front = front, .start_ms = front_time_ms(),
                                      .previous = &front->connections, .next = front->connections.next};
    connection->next->previous = connection;
    front->connections.next = connection;
    front->connection_count++;
    if (front->connection_count >= front->connection_count_max && !front->is_paused) {
        front->is_paused = true;
        evconnlistener_disable(front->listener);
    }
    return stream;
}

int connection_hello(SSL *tls, int *alert, void *context)
{
    struct front *front = context;
    struct sockaddr_storage peer;
    socklen_t size = sizeof peer;
    *alert = SSL_AD_INTERNAL_ERROR;
    if (getpeername(SSL_get_fd(tls), (struct sockaddr *)&peer, &size) != 0 ||
        !rate_take(&front->rate, (const struct sockaddr *)&peer, front_time_ms())) {
        return SSL_CLIENT_HELLO_ERROR;
    }
    return SSL_CLIENT_HELLO_SUCCESS;
}
