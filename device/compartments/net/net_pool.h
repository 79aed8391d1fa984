/* The connections themselves, for net_connection.c, which makes them, and net_listener.c, which is given them: state, what
 * the owner waits for, replies, lwIP's callbacks. */
#ifndef DEVICE_COMPARTMENTS_NET_NET_POOL_H
#define DEVICE_COMPARTMENTS_NET_NET_POOL_H

#include <lwip/tcp.h>

#include "base/writer.h"
#include "device/compartments/net/net_connection.h"
#include "device/compartments/net/net_records.h"
#include "device/compartments/net/net_ring.h"

/* Those that were made by compartments come first, then those of clients of served ports: neither can take the place of
 * the other. */
#define NET_POOL_CLIENT_FIRST NET_CONNECTION_COUNT_MAX
/* Of a handle; the rest is the generation. */
#define NET_POOL_HANDLE_INDEX_BITS 8
#define NET_POOL_COUNT (NET_CONNECTION_COUNT_MAX + NET_PROTOCOL_CLIENT_COUNT_MAX)

/* Of a send that finds no room, this much is kept and sent as soon as there is some. */
#define NET_POOL_HELD_SIZE_BYTES_MAX 128

enum net_state {
    STATE_FREE = 0,
    STATE_CONNECTING,
    STATE_OPEN,
    STATE_ENDED, /* by the peer; received bytes can still be taken */
};

/* What the owner waits for. Connecting is a state. */
enum net_wait {
    WAIT_NOTHING = 0,
    WAIT_CONNECT,
    WAIT_SEND,
    WAIT_RECEIVE,
};

struct net_listener;

struct net_connection {
    enum net_state state;
    enum net_wait wait;
    uint32_t owner;
    uint32_t generation; /* part of the handle: a handle of a closed connection never means a later one */
    uint32_t opened;     /* order of opening */
    uint32_t deadline_ms;
    struct tcp_pcb *pcb; /* NULL once lwIP has let go of it */
    bool plain;          /* may carry anything; else TLS records alone */
    struct net_records records;
    struct net_listener *listener; /* of a client, else NULL */
    uint32_t heard_ms;             /* of a client: when it last sent something */
    bool heard;
    uint16_t wanted_size_bytes;
    uint8_t held[NET_POOL_HELD_SIZE_BYTES_MAX];
    size_t held_size;
    struct net_ring received;
};

extern struct net_connection net_pool[NET_POOL_COUNT];

/* Takes a free place for a connection of owner that lwIP has as pcb. */
void net_pool_take(struct net_connection *connection, uint32_t owner, struct tcp_pcb *pcb);
/* Gives it back; lwIP says goodbye to the peer. */
void net_pool_release(struct net_connection *connection);
/* The caller's connection that this handle means, or NULL. */
struct net_connection *net_pool_find(uint32_t caller, uint32_t handle);
uint32_t net_pool_handle(const struct net_connection *connection);
/* True if the time has come; else left_ms is shortened to the time until then. */
bool net_pool_is_due(uint32_t deadline_ms, uint32_t *left_ms);

void net_pool_start_wait(struct net_connection *connection, enum net_wait wait, uint32_t timeout_ms);
void net_pool_finish_wait(struct net_connection *connection, struct error error);
/* Gives lwIP as much of data as it takes now; 0 if none. */
uint16_t net_pool_write(struct net_connection *connection, struct span data);
void net_pool_retry_send(struct net_connection *connection);

/* Replies: the error code, then what the operation has to say. */
void net_pool_begin_reply(struct writer *writer, struct error error);
void net_pool_end_reply(const struct writer *writer, uint32_t caller);
void net_pool_reply_sent(struct net_connection *connection, uint16_t size);
/* Puts what was received behind what the writer holds, and makes room for more. */
void net_pool_reply_data(struct net_connection *connection, struct writer *writer, uint32_t caller, size_t size_max);
void net_pool_reply_received(struct net_connection *connection);

#endif
