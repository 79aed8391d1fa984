#include "device/compartments/net/net_connection.h"

#include <lwip/tcp.h>

#include <string.h>

#include "base/writer.h"
#include "device/compartments/net/net_allow.h"
#include "device/compartments/net/net_ring.h"
#include "device/runtime/runtime.h"

/* Of a send that finds no room, this much is kept and sent as soon as there is some. */
#define HELD_SIZE_BYTES_MAX 128
#define HANDLE_INDEX_BITS 8

enum connection_state {
    STATE_FREE = 0,
    STATE_CONNECTING,
    STATE_OPEN,
    STATE_ENDED, /* by the peer; received bytes can still be taken */
};

/* What the owner waits for. Connecting is a state. */
enum connection_wait {
    WAIT_NOTHING = 0,
    WAIT_CONNECT,
    WAIT_SEND,
    WAIT_RECEIVE,
};

struct connection {
    enum connection_state state;
    enum connection_wait wait;
    uint32_t owner;
    uint32_t generation; /* part of the handle: a handle of a closed connection never means a later one */
    uint32_t opened;     /* order of opening */
    uint32_t deadline_ms;
    struct tcp_pcb *pcb; /* NULL once lwIP has let go of it */
    uint16_t wanted_size_bytes;
    uint8_t held[HELD_SIZE_BYTES_MAX];
    size_t held_size;
    struct net_ring received;
};

static struct connection connections[NET_CONNECTION_COUNT_MAX];
static uint32_t open_count;
static uint8_t reply_memory[NET_PROTOCOL_REPLY_HEAD_SIZE_BYTES + NET_PROTOCOL_DATA_SIZE_BYTES_MAX];

_Static_assert(TCP_WND <= NET_RING_SIZE_BYTES, "what the window lets in must fit the ring");
_Static_assert(NET_CONNECTION_COUNT_MAX < 1 << HANDLE_INDEX_BITS, "an index fits a handle");

static void begin_reply(struct writer *writer, struct error error)
{
    writer_init(writer, reply_memory, sizeof(reply_memory));
    writer_u32(writer, error.code);
}

/* A caller that is gone in the meantime needs no reply. */
static void end_reply(const struct writer *writer, uint32_t caller)
{
    struct error ignored = runtime_reply(caller, writer_span(writer));
    (void)ignored;
}

void net_connection_reply_error(uint32_t caller, struct error error)
{
    struct writer writer;

    begin_reply(&writer, error);
    end_reply(&writer, caller);
}

static void finish_wait(struct connection *connection, struct error error)
{
    if (connection->wait != WAIT_NOTHING) {
        connection->wait = WAIT_NOTHING;
        net_connection_reply_error(connection->owner, error);
    }
}

static void start_wait(struct connection *connection, enum connection_wait wait, uint32_t timeout_ms)
{
    connection->wait = wait;
    connection->deadline_ms = runtime_time_ms() + timeout_ms;
}

static uint32_t handle_of(const struct connection *connection)
{
    return connection->generation << HANDLE_INDEX_BITS | (uint32_t)(connection - connections);
}

/* Lets lwIP's part go without a callback to us. */
static void detach(struct connection *connection)
{
    struct tcp_pcb *pcb = connection->pcb;

    connection->pcb = NULL;
    if (pcb == NULL) {
        return;
    }
    tcp_arg(pcb, NULL);
    tcp_recv(pcb, NULL);
    tcp_err(pcb, NULL);
    /* What still says goodbye gives way to a new connection, or one compartment could keep all others from any. */
    tcp_setprio(pcb, TCP_PRIO_MIN);
    if (tcp_close(pcb) != ERR_OK) {
        tcp_abort(pcb);
    }
}

static void release(struct connection *connection)
{
    detach(connection);
    connection->state = STATE_FREE;
    connection->wait = WAIT_NOTHING;
    connection->generation = (connection->generation + 1) & (UINT32_MAX >> (HANDLE_INDEX_BITS + 1));
}

static void reply_handle(struct connection *connection)
{
    struct writer writer;

    connection->wait = WAIT_NOTHING;
    begin_reply(&writer, ERROR_NONE);
    writer_u32(&writer, handle_of(connection));
    end_reply(&writer, connection->owner);
}

static void reply_sent(struct connection *connection, uint16_t size)
{
    struct writer writer;

    connection->wait = WAIT_NOTHING;
    begin_reply(&writer, ERROR_NONE);
    writer_u16(&writer, size);
    end_reply(&writer, connection->owner);
}

static void reply_received(struct connection *connection)
{
    struct buffer reply = BUFFER_OF(reply_memory);
    struct writer writer;

    connection->wait = WAIT_NOTHING;
    begin_reply(&writer, ERROR_NONE);
    reply.size = writer.size;
    size_t taken = net_ring_take(&connection->received, &reply, connection->wanted_size_bytes);
    if (connection->pcb != NULL) {
        tcp_recved(connection->pcb, (uint16_t)taken);
    }
    writer.size = reply.size;
    end_reply(&writer, connection->owner);
}

/* Gives lwIP as much of data as it takes now; 0 if none. */
static uint16_t write_some(struct connection *connection, struct span data)
{
    uint16_t room = tcp_sndbuf(connection->pcb);
    uint16_t size = data.size < room ? (uint16_t)data.size : room;

    if (size == 0 || tcp_write(connection->pcb, data.data, size, TCP_WRITE_FLAG_COPY) != ERR_OK) {
        return 0;
    }
    (void)tcp_output(connection->pcb);
    return size;
}

/* lwIP's callbacks. */

static err_t on_connected(void *argument, struct tcp_pcb *pcb, err_t error)
{
    struct connection *connection = argument;

    (void)pcb;
    (void)error;
    connection->state = STATE_OPEN;
    if (connection->wait == WAIT_CONNECT) {
        reply_handle(connection);
    }
    return ERR_OK;
}

static err_t on_received(void *argument, struct tcp_pcb *pcb, struct pbuf *data, err_t error)
{
    struct connection *connection = argument;

    (void)pcb;
    (void)error;
    if (data == NULL) {
        connection->state = STATE_ENDED;
        finish_wait(connection, ERROR(NET, CLOSED));
        return ERR_OK;
    }
    if (data->tot_len > NET_RING_SIZE_BYTES - connection->received.size) {
        return ERR_MEM; /* The peer overran the window; lwIP offers it again later. */
    }
    for (struct pbuf *part = data; part != NULL; part = part->next) {
        (void)net_ring_put(&connection->received, span_of(part->payload, part->len));
    }
    (void)pbuf_free(data);
    if (connection->wait == WAIT_RECEIVE) {
        reply_received(connection);
    }
    return ERR_OK;
}

/* Room may come from this connection's peer or from another connection that gave memory back. */
static void retry_send(struct connection *connection)
{
    if (connection->wait == WAIT_SEND && connection->pcb != NULL) {
        uint16_t written = write_some(connection, span_of(connection->held, connection->held_size));
        if (written > 0) {
            reply_sent(connection, written);
        }
    }
}

/* The connection is dead and its pcb gone. */
static void on_error(void *argument, err_t error)
{
    struct connection *connection = argument;

    (void)error;
    connection->pcb = NULL;
    if (connection->state == STATE_CONNECTING) {
        finish_wait(connection, ERROR(NET, UNREACHABLE));
        release(connection);
        return;
    }
    connection->state = STATE_ENDED;
    finish_wait(connection, ERROR(NET, CLOSED));
}

/* The caller's connection that this handle means, or NULL (threat T-08: another's handle is nobody's). */
static struct connection *find(uint32_t caller, uint32_t handle)
{
    uint32_t index = handle & ((1u << HANDLE_INDEX_BITS) - 1);

    if (index >= NET_CONNECTION_COUNT_MAX) {
        return NULL;
    }
    struct connection *connection = &connections[index];
    bool valid = connection->state != STATE_FREE && connection->owner == caller && handle_of(connection) == handle;
    return valid ? connection : NULL;
}

static void drop_oldest_beyond_limit(uint32_t caller)
{
    struct connection *oldest = NULL;
    uint32_t count = 0;

    for (size_t i = 0; i < NET_CONNECTION_COUNT_MAX; i++) {
        struct connection *connection = &connections[i];
        if (connection->state == STATE_FREE || connection->owner != caller) {
            continue;
        }
        count++;
        if (oldest == NULL || connection->opened < oldest->opened) {
            oldest = connection;
        }
    }
    if (count >= NET_CONNECTION_COUNT_PER_CALLER_MAX) {
        release(oldest);
    }
}

static struct connection *allocate(uint32_t caller)
{
    drop_oldest_beyond_limit(caller);
    for (size_t i = 0; i < NET_CONNECTION_COUNT_MAX; i++) {
        struct connection *connection = &connections[i];
        if (connection->state != STATE_FREE) {
            continue;
        }
        struct tcp_pcb *pcb = tcp_new();
        if (pcb == NULL) {
            return NULL;
        }
        connection->state = STATE_CONNECTING;
        connection->owner = caller;
        connection->opened = ++open_count;
        connection->pcb = pcb;
        net_ring_clear(&connection->received);
        return connection;
    }
    return NULL;
}

static void serve_connect(uint32_t caller, const struct net_request *request)
{
    struct error error = net_allow_check(caller, request->address, request->port);
    ip_addr_t address = IPADDR4_INIT(lwip_htonl(request->address));

    if (!error_is_none(error)) {
        net_connection_reply_error(caller, error);
        return;
    }
    struct connection *connection = allocate(caller);
    if (connection == NULL) {
        net_connection_reply_error(caller, ERROR(NET, CAPACITY));
        return;
    }
    tcp_arg(connection->pcb, connection);
    tcp_recv(connection->pcb, on_received);
    tcp_err(connection->pcb, on_error);
    tcp_nagle_disable(connection->pcb);
    ip_set_option(connection->pcb, SOF_KEEPALIVE);
    start_wait(connection, WAIT_CONNECT, request->timeout_ms);
    if (tcp_connect(connection->pcb, &address, request->port, on_connected) != ERR_OK) {
        release(connection);
        net_connection_reply_error(caller, ERROR(NET, UNREACHABLE));
    }
}

static void serve_send(struct connection *connection, const struct net_request *request)
{
    /* A peer that has closed its direction may still read; only a connection that lwIP gave up takes nothing. */
    if (connection->pcb == NULL || connection->state == STATE_CONNECTING) {
        net_connection_reply_error(connection->owner, ERROR(NET, CLOSED));
        return;
    }
    uint16_t written = write_some(connection, request->data);
    if (written > 0) {
        reply_sent(connection, written);
        return;
    }
    connection->held_size = request->data.size < HELD_SIZE_BYTES_MAX ? request->data.size : HELD_SIZE_BYTES_MAX;
    memcpy(connection->held, request->data.data, connection->held_size);
    start_wait(connection, WAIT_SEND, request->timeout_ms);
}

static void serve_receive(struct connection *connection, const struct net_request *request)
{
    connection->wanted_size_bytes = request->size_bytes;
    if (connection->received.size > 0) {
        reply_received(connection);
    } else if (connection->state == STATE_OPEN) {
        start_wait(connection, WAIT_RECEIVE, request->timeout_ms);
    } else {
        net_connection_reply_error(connection->owner, ERROR(NET, CLOSED));
    }
}

static void serve_close(struct connection *connection)
{
    uint32_t caller = connection->owner;

    release(connection);
    net_connection_reply_error(caller, ERROR_NONE);
}

void net_connection_serve(uint32_t caller, const struct net_request *request)
{
    if (request->operation == NET_OPERATION_CONNECT) {
        serve_connect(caller, request);
        return;
    }
    struct connection *connection = find(caller, request->handle);
    if (connection == NULL) {
        net_connection_reply_error(caller, ERROR(NET, HANDLE));
        return;
    }
    /* The caller has one thread: if it asks again it gave up waiting for what it asked before. */
    connection->wait = WAIT_NOTHING;
    switch (request->operation) {
    case NET_OPERATION_SEND:
        serve_send(connection, request);
        break;
    case NET_OPERATION_RECEIVE:
        serve_receive(connection, request);
        break;
    default:
        serve_close(connection);
        break;
    }
}

uint32_t net_connection_check_waits(void)
{
    uint32_t now_ms = runtime_time_ms();
    uint32_t next_ms = UINT32_MAX;

    for (size_t i = 0; i < NET_CONNECTION_COUNT_MAX; i++) {
        struct connection *connection = &connections[i];
        retry_send(connection);
        if (connection->wait == WAIT_NOTHING) {
            continue;
        }
        uint32_t left_ms = connection->deadline_ms - now_ms;
        if (left_ms == 0 || left_ms > UINT32_MAX / 2) {
            bool connecting = connection->state == STATE_CONNECTING;
            finish_wait(connection, connecting ? ERROR(NET, UNREACHABLE) : ERROR(NET, TIMEOUT));
            if (connecting) {
                release(connection);
            }
        } else if (left_ms < next_ms) {
            next_ms = left_ms;
        }
    }
    return next_ms;
}
