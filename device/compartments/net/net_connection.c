#include "device/compartments/net/net_connection.h"

#include <string.h>

#include "device/compartments/net/net_allow.h"
#include "device/compartments/net/net_listener.h"
#include "device/compartments/net/net_pool.h"
#include "device/runtime/runtime.h"

static void drop_oldest_beyond_limit(uint32_t caller)
{
    struct net_connection *oldest = NULL;
    uint32_t count = 0;

    for (size_t i = 0; i < NET_CONNECTION_COUNT_MAX; i++) {
        struct net_connection *connection = &net_pool[i];
        if (connection->state == STATE_FREE || connection->owner != caller) {
            continue;
        }
        count++;
        if (oldest == NULL || connection->opened < oldest->opened) {
            oldest = connection;
        }
    }
    if (count >= NET_CONNECTION_COUNT_PER_CALLER_MAX) {
        net_pool_release(oldest);
    }
}

static struct net_connection *allocate(uint32_t caller)
{
    drop_oldest_beyond_limit(caller);
    for (size_t i = 0; i < NET_CONNECTION_COUNT_MAX; i++) {
        if (net_pool[i].state != STATE_FREE) {
            continue;
        }
        struct tcp_pcb *pcb = tcp_new();
        if (pcb == NULL) {
            return NULL;
        }
        net_pool_take(&net_pool[i], caller, pcb);
        return &net_pool[i];
    }
    return NULL;
}

static err_t on_connected(void *argument, struct tcp_pcb *pcb, err_t error)
{
    struct net_connection *connection = argument;
    struct writer writer;

    (void)pcb;
    (void)error;
    connection->state = STATE_OPEN;
    if (connection->wait == WAIT_CONNECT) {
        connection->wait = WAIT_NOTHING;
        net_pool_begin_reply(&writer, ERROR_NONE);
        writer_u32(&writer, net_pool_handle(connection));
        net_pool_end_reply(&writer, connection->owner);
    }
    return ERR_OK;
}

static void serve_connect(uint32_t caller, const struct net_request *request)
{
    bool plain = false;
    struct error error = net_allow_connect(caller, request->address, request->port, &plain);
    ip_addr_t address = IPADDR4_INIT(lwip_htonl(request->address));

    if (!error_is_none(error)) {
        net_connection_reply_error(caller, error);
        return;
    }
    struct net_connection *connection = allocate(caller);
    if (connection == NULL) {
        net_connection_reply_error(caller, ERROR(NET, CAPACITY));
        return;
    }
    connection->plain = plain;
    net_pool_start_wait(connection, WAIT_CONNECT, request->timeout_ms);
    if (tcp_connect(connection->pcb, &address, request->port, on_connected) != ERR_OK) {
        net_pool_release(connection);
        net_connection_reply_error(caller, ERROR(NET, UNREACHABLE));
    }
}

/* What does not look like TLS stays here, unless plain text was declared (threat T-08). */
static bool may_send(const struct net_connection *connection, struct span data)
{
    struct net_records trial = connection->records;

    return connection->plain || net_records_pass(&trial, data);
}

static void serve_send(struct net_connection *connection, const struct net_request *request)
{
    /* A peer that has closed its direction may still read; only a connection that lwIP gave up takes nothing. */
    if (connection->pcb == NULL || connection->state == STATE_CONNECTING) {
        net_connection_reply_error(connection->owner, ERROR(NET, CLOSED));
        return;
    }
    if (!may_send(connection, request->data)) {
        runtime_refused(connection->owner, lwip_htonl(connection->pcb->remote_ip.addr), connection->pcb->remote_port);
        net_connection_reply_error(connection->owner, ERROR(NET, PLAIN));
        return;
    }
    uint16_t written = net_pool_write(connection, request->data);
    if (written > 0) {
        net_pool_reply_sent(connection, written);
        return;
    }
    size_t held_size = request->data.size;
    connection->held_size = held_size < sizeof(connection->held) ? held_size : sizeof(connection->held);
    memcpy(connection->held, request->data.data, connection->held_size);
    net_pool_start_wait(connection, WAIT_SEND, request->timeout_ms);
}

static void serve_receive(struct net_connection *connection, const struct net_request *request)
{
    connection->wanted_size_bytes = request->size_bytes;
    if (connection->received.size > 0) {
        net_pool_reply_received(connection);
    } else if (connection->state == STATE_OPEN) {
        net_pool_start_wait(connection, WAIT_RECEIVE, request->timeout_ms);
    } else {
        net_connection_reply_error(connection->owner, ERROR(NET, CLOSED));
    }
}

static void serve_close(struct net_connection *connection)
{
    uint32_t caller = connection->owner;

    net_pool_release(connection);
    net_connection_reply_error(caller, ERROR_NONE);
}

/* What was used of the network is for the agent to report, and no app's business. */
static void serve_used(uint32_t caller)
{
    struct writer writer;

    if (caller >= SYSTEM_APP_FIRST) {
        net_connection_reply_error(caller, ERROR(NET, NOT_DECLARED));
        return;
    }
    net_pool_begin_reply(&writer, ERROR_NONE);
    writer_u32(&writer, net_allow_used());
    net_pool_end_reply(&writer, caller);
}

static void serve_handle(uint32_t caller, const struct net_request *request)
{
    struct net_connection *connection = net_pool_find(caller, request->handle);

    if (connection == NULL) {
        net_connection_reply_error(caller, ERROR(NET, HANDLE));
    } else if (request->operation == NET_OPERATION_SEND) {
        serve_send(connection, request);
    } else if (request->operation == NET_OPERATION_RECEIVE) {
        serve_receive(connection, request);
    } else {
        serve_close(connection);
    }
}

/* The caller has one thread: if it asks again it gave up waiting for whatever it asked before, and must not get that
 * answer for this question. */
static void forget_waits(uint32_t caller)
{
    for (size_t i = 0; i < NET_POOL_COUNT; i++) {
        if (net_pool[i].owner == caller) {
            net_pool[i].wait = WAIT_NOTHING;
        }
    }
    net_listener_forget_wait(caller);
}

void net_connection_serve(uint32_t caller, const struct net_request *request)
{
    forget_waits(caller);
    switch (request->operation) {
    case NET_OPERATION_CONNECT:
        serve_connect(caller, request);
        break;
    case NET_OPERATION_LISTEN:
        net_listener_listen(caller, request->port);
        break;
    case NET_OPERATION_NEXT:
        net_listener_next(caller, request);
        break;
    case NET_OPERATION_USED:
        serve_used(caller);
        break;
    default:
        serve_handle(caller, request);
        break;
    }
}

uint32_t net_connection_check_waits(void)
{
    uint32_t left_ms = UINT32_MAX;

    for (size_t i = 0; i < NET_POOL_COUNT; i++) {
        struct net_connection *connection = &net_pool[i];
        net_pool_retry_send(connection);
        if (connection->wait == WAIT_NOTHING || !net_pool_is_due(connection->deadline_ms, &left_ms)) {
            continue;
        }
        bool connecting = connection->state == STATE_CONNECTING;
        net_pool_finish_wait(connection, connecting ? ERROR(NET, UNREACHABLE) : ERROR(NET, TIMEOUT));
        if (connecting) {
            net_pool_release(connection);
        }
    }
    net_listener_check_waits(&left_ms);
    return left_ms;
}
