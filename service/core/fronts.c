#include "service/core/fronts.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/ensure.h"
#include "service/core/batch.h"
#include "service/ipc/ipc_stream.h"
#include "service/core/refresh.h"
#include "service/process/process.h"

#define LINGER_US 1000
#define OUTPUT_SIZE_BYTES_MAX (64u * 1024 * 1024)

struct front_connection {
    struct bufferevent *stream;
    bool is_door;
    struct front_connection *next;
};

struct fronts {
    struct core *core;
    struct event_base *base;
    struct event *linger;
    struct front_connection *connections;
    struct batch batch;
};

static struct fronts fronts;
static uint8_t reply_frame[IPC_REPLY_SIZE_BYTES_MAX + IPC_HEADER_SIZE_BYTES];

static void connection_close(struct front_connection *connection)
{
    for (size_t index = 0; index < fronts.batch.count; index++) {
        if (fronts.batch.items[index].front == connection) {
            fronts.batch.items[index].front = NULL;
        }
    }
    for (struct front_connection **at = &fronts.connections; *at != NULL; at = &(*at)->next) {
        if (*at == connection) {
            *at = connection->next;
            break;
        }
    }
    bufferevent_free(connection->stream);
    free(connection);
}

static void answer(struct front_connection *connection, const struct ipc_reply *reply)
{
    struct writer writer;
    writer_init(&writer, reply_frame, sizeof reply_frame);
    struct error error = ipc_reply_encode(reply, &writer);
    ENSURE(error_is_none(error)); /* its size was bounded when it was made */
    /* A front that reads no answers cannot make the core hold them without end: further ones are dropped, and the
     * front answers its clients itself when their time is up. */
    if (evbuffer_get_length(bufferevent_get_output(connection->stream)) < OUTPUT_SIZE_BYTES_MAX) {
        bufferevent_write(connection->stream, writer.data, writer.size);
    }
}

static void run_batch(void)
{
    if (fronts.batch.count > 0) {
        event_del(fronts.linger);
        batch_run(fronts.core, &fronts.batch, answer);
    }
}

static void on_linger(evutil_socket_t fd, short what, void *context)
{
    (void)fd;
    (void)what;
    (void)context;
    run_batch();
}

static bool is_allowed(const struct front_connection *connection, const struct ipc_request *request)
{
    return connection->is_door == (request->kind == IPC_OPERATOR);
}

/* Copies the frame, since the batch outlives the stream's buffer.  errors  of ipc_request_parse */
static struct error batch_take(void *context, struct span frame)
{
    struct front_connection *connection = context;
    struct batch_item item = {.front = connection, .frame = malloc(frame.size)};
    if (item.frame == NULL) {
        process_fail("out of memory");
    }
    memcpy(item.frame, frame.data, frame.size);
    struct error error = ipc_request_parse(span_of(item.frame, frame.size), &item.request);
    if (!error_is_none(error) || !is_allowed(connection, &item.request)) {
        free(item.frame);
        return error_is_none(error) ? ERROR(CBOR, TYPE) : error;
    }
    fronts.batch.items[fronts.batch.count++] = item;
    if (fronts.batch.count == BATCH_COUNT_MAX) {
        run_batch();
    }
    return ERROR_NONE;
}

static void on_readable(struct bufferevent *stream, void *context)
{
    struct front_connection *connection = context;
    if (!error_is_none(ipc_stream_read(stream, IPC_REQUEST_SIZE_BYTES_MAX, batch_take, connection))) {
        process_log("a front sent what cannot be read; its connection is closed");
        connection_close(connection);
        return;
    }
    const struct timeval pause = {.tv_usec = LINGER_US};
    if (fronts.batch.count > 0 && event_pending(fronts.linger, EV_TIMEOUT, NULL) == 0) {
        event_add(fronts.linger, &pause);
    }
}

static void on_event(struct bufferevent *stream, short what, void *context)
{
    (void)stream;
    if ((what & (BEV_EVENT_EOF | BEV_EVENT_ERROR)) != 0) {
        connection_close(context);
    }
}

static void accept_front(evutil_socket_t fd, bool is_door)
{
    struct front_connection *connection = calloc(1, sizeof *connection);
    struct bufferevent *stream = bufferevent_socket_new(fronts.base, fd, BEV_OPT_CLOSE_ON_FREE);
    if (connection == NULL || stream == NULL) {
        process_fail("out of memory");
    }
    *connection = (struct front_connection){.stream = stream, .is_door = is_door, .next = fronts.connections};
    fronts.connections = connection;
    bufferevent_setcb(stream, on_readable, NULL, on_event, connection);
    /* One frame must fit; beyond that the socket's own buffers hold the sender back. */
    bufferevent_setwatermark(stream, EV_READ, 0, IPC_REQUEST_SIZE_BYTES_MAX + IPC_HEADER_SIZE_BYTES);
    bufferevent_enable(stream, EV_READ | EV_WRITE);
}

static void on_edge(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *peer, int size, void *context)
{
    (void)listener;
    (void)peer;
    (void)size;
    (void)context;
    accept_front(fd, false);
}

static void on_door(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *peer, int size, void *context)
{
    (void)listener;
    (void)peer;
    (void)size;
    (void)context;
    accept_front(fd, true);
}

static void on_stop(evutil_socket_t fd, short what, void *base)
{
    (void)fd;
    (void)what;
    event_base_loopbreak(base);
}

static void on_second(evutil_socket_t fd, short what, void *context)
{
    struct core *core = context;
    (void)fd;
    (void)what;
    refresh_tick(core);
    symbols_step(core->symbols, fronts.base);
}

void fronts_run(struct core *core, int edge_fd, int door_fd, int ready_fd)
{
    struct event_config *event_config = event_config_new();
    if (event_config == NULL || event_config_set_flag(event_config, EVENT_BASE_FLAG_PRECISE_TIMER) != 0) {
        process_fail("out of memory");
    }
    fronts.core = core;
    fronts.base = event_base_new_with_config(event_config);
    event_config_free(event_config);
    if (fronts.base == NULL) {
        process_fail("out of memory");
    }
    fronts.linger = evtimer_new(fronts.base, on_linger, NULL);
    struct evconnlistener *edges =
        evconnlistener_new(fronts.base, on_edge, NULL, LEV_OPT_CLOSE_ON_EXEC | LEV_OPT_CLOSE_ON_FREE, 0, edge_fd);
    struct evconnlistener *doors =
        evconnlistener_new(fronts.base, on_door, NULL, LEV_OPT_CLOSE_ON_EXEC | LEV_OPT_CLOSE_ON_FREE, 0, door_fd);
    struct event *stop = evsignal_new(fronts.base, SIGTERM, on_stop, fronts.base);
    struct event *second = event_new(fronts.base, -1, EV_PERSIST, on_second, core);
    const struct timeval one_second = {.tv_sec = 1};
    if (fronts.linger == NULL || edges == NULL || doors == NULL || stop == NULL || event_add(stop, NULL) != 0 ||
        second == NULL || event_add(second, &one_second) != 0) {
        process_fail("cannot listen");
    }
    patches_run(core->patches, fronts.base);
    process_ready(ready_fd);
    event_base_dispatch(fronts.base);
    run_batch();
    while (fronts.connections != NULL) {
        connection_close(fronts.connections);
    }
    evconnlistener_free(edges);
    evconnlistener_free(doors);
    event_free(stop);
    event_free(second);
    event_free(fronts.linger);
    patches_close(core->patches);
    core->patches = NULL;
    symbols_close(core->symbols);
    core->symbols = NULL;
    event_base_free(fronts.base);
}
