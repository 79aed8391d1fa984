#include "device/compartments/net/net_pool.h"

#include <string.h>

#include "device/compartments/net/net_listener.h"
#include "device/runtime/runtime.h"

/* Of what one client has not acknowledged: all of them together cannot take the memory that the device's own
 * connections need. */
#define CLIENT_UNSENT_SIZE_BYTES_MAX 536

struct net_connection net_pool[NET_POOL_COUNT];
static uint32_t open_count;
static uint8_t reply_memory[NET_PROTOCOL_REPLY_HEAD_SIZE_BYTES + NET_PROTOCOL_DATA_SIZE_BYTES_MAX];

_Static_assert(TCP_WND <= NET_RING_SIZE_BYTES, "what the window lets in must fit the ring");
_Static_assert(NET_POOL_COUNT < 1 << NET_POOL_HANDLE_INDEX_BITS, "an index fits a handle");
_Static_assert(CLIENT_UNSENT_SIZE_BYTES_MAX <= TCP_SND_BUF, "a part of lwIP's own limit");

void net_pool_begin_reply(struct writer *writer, struct error error)
{
    writer_init(writer, reply_memory, sizeof(reply_memory));
    writer_u32(writer, error.code);
}

/* A caller that is gone in the meantime needs no reply. */
void net_pool_end_reply(const struct writer *writer, uint32_t caller)
{
    struct error ignored = runtime_reply(caller, writer_span(writer));
    (void)ignored;
}

void net_connection_reply_error(uint32_t caller, struct error error)
{
    struct writer writer;

    net_pool_begin_reply(&writer, error);
    net_pool_end_reply(&writer, caller);
}

void net_pool_finish_wait(struct net_connection *connection, struct error error)
{
    if (connection->wait != WAIT_NOTHING) {
        connection->wait = WAIT_NOTHING;
        net_connection_reply_error(connection->owner, error);
    }
}

void net_pool_start_wait(struct net_connection *connection, enum net_wait wait, uint32_t timeout_ms)
{
    connection->wait = wait;
    connection->deadline_ms = runtime_time_ms() + timeout_ms;
}

bool net_pool_is_due(uint32_t deadline_ms, uint32_t *left_ms)
{
    uint32_t until_ms = deadline_ms - runtime_time_ms();
    bool due = until_ms == 0 || until_ms > UINT32_MAX / 2;

    if (!due && until_ms < *left_ms) {
        *left_ms = until_ms;
    }
    return due;
}

/* Lets lwIP's part go without a callback to us. */
static void detach(struct net_connection *connection)
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

void net_pool_release(struct net_connection *connection)
{
    detach(connection);
    connection->state = STATE_FREE;
    connection->wait = WAIT_NOTHING;
    connection->listener = NULL;
    connection->generation = (connection->generation + 1) & (UINT32_MAX >> (NET_POOL_HANDLE_INDEX_BITS + 1));
}

void net_pool_reply_sent(struct net_connection *connection, uint16_t size)
{
    struct writer writer;

    connection->wait = WAIT_NOTHING;
    net_pool_begin_reply(&writer, ERROR_NONE);
    writer_u16(&writer, size);
    net_pool_end_reply(&writer, connection->owner);
}

void net_pool_reply_data(struct net_connection *connection, struct writer *writer, uint32_t caller, size_t size_max)
{
    struct buffer reply = BUFFER_OF(reply_memory);

    reply.size = writer->size;
    size_t taken = net_ring_take(&connection->received, &reply, size_max);
    if (connection->pcb != NULL) {
        tcp_recved(connection->pcb, (uint16_t)taken);
    }
    writer->size = reply.size;
    net_pool_end_reply(writer, caller);
}

void net_pool_reply_received(struct net_connection *connection)
{
    struct writer writer;

    connection->wait = WAIT_NOTHING;
    net_pool_begin_reply(&writer, ERROR_NONE);
    net_pool_reply_data(connection, &writer, connection->owner, connection->wanted_size_bytes);
}

/* How much lwIP may be given; of a client less than of a connection that a compartment made. */
static uint16_t room_of(const struct net_connection *connection)
{
    uint16_t room = tcp_sndbuf(connection->pcb);
    uint16_t unsent = (uint16_t)(TCP_SND_BUF - room);

    if (connection->listener == NULL) {
        return room;
    }
    return unsent < CLIENT_UNSENT_SIZE_BYTES_MAX ? (uint16_t)(CLIENT_UNSENT_SIZE_BYTES_MAX - unsent) : 0;
}

uint16_t net_pool_write(struct net_connection *connection, struct span data)
{
    uint16_t room = room_of(connection);
    uint16_t size = data.size < room ? (uint16_t)data.size : room;

    if (size == 0 || tcp_write(connection->pcb, data.data, size, TCP_WRITE_FLAG_COPY) != ERR_OK) {
        return 0;
    }
    if (!connection->plain) {
        (void)net_records_pass(&connection->records, span_of(data.data, size)); /* as serve_send found before */
    }
    (void)tcp_output(connection->pcb);
    return size;
}

/* Room may come from this connection's peer or from another connection that gave memory back. */
void net_pool_retry_send(struct net_connection *connection)
{
    if (connection->wait == WAIT_SEND && connection->pcb != NULL) {
        uint16_t written = net_pool_write(connection, span_of(connection->held, connection->held_size));
        if (written > 0) {
            net_pool_reply_sent(connection, written);
        }
    }
}

/* lwIP's callbacks. */

static err_t on_received(void *argument, struct tcp_pcb *pcb, struct pbuf *data, err_t error)
{
    struct net_connection *connection = argument;

    (void)pcb;
    (void)error;
    if (data == NULL) {
        connection->state = STATE_ENDED;
        net_pool_finish_wait(connection, ERROR(NET, CLOSED));
        net_listener_wake(connection->listener);
        return ERR_OK;
    }
    if (data->tot_len > NET_RING_SIZE_BYTES - connection->received.size) {
        return ERR_MEM; /* The peer overran the window; lwIP offers it again later. */
    }
    for (struct pbuf *part = data; part != NULL; part = part->next) {
        (void)net_ring_put(&connection->received, span_of(part->payload, part->len));
    }
    (void)pbuf_free(data);
    connection->heard = true;
    connection->heard_ms = runtime_time_ms();
    if (connection->wait == WAIT_RECEIVE) {
        net_pool_reply_received(connection);
    }
    net_listener_wake(connection->listener);
    return ERR_OK;
}

/* The connection is dead and its pcb gone. */
static void on_error(void *argument, err_t error)
{
    struct net_connection *connection = argument;

    (void)error;
    connection->pcb = NULL;
    if (connection->state == STATE_CONNECTING) {
        net_pool_finish_wait(connection, ERROR(NET, UNREACHABLE));
        net_pool_release(connection);
        return;
    }
    connection->state = STATE_ENDED;
    net_pool_finish_wait(connection, ERROR(NET, CLOSED));
    net_listener_wake(connection->listener);
}

void net_pool_take(struct net_connection *connection, uint32_t owner, struct tcp_pcb *pcb)
{
    connection->state = STATE_CONNECTING;
    connection->wait = WAIT_NOTHING;
    connection->owner = owner;
    connection->opened = ++open_count;
    connection->pcb = pcb;
    connection->plain = false;
    net_records_init(&connection->records);
    connection->listener = NULL;
    connection->heard = false;
    connection->heard_ms = runtime_time_ms();
    net_ring_clear(&connection->received);
    tcp_arg(pcb, connection);
    tcp_recv(pcb, on_received);
    tcp_err(pcb, on_error);
    tcp_nagle_disable(pcb);
    ip_set_option(pcb, SOF_KEEPALIVE);
}
