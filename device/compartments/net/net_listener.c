#include "device/compartments/net/net_listener.h"

#include "device/compartments/net/net_allow.h"
#include "device/compartments/net/net_pool.h"
#include "device/runtime/runtime.h"

/* Connections that have not finished their handshake. */
#define BACKLOG 4
/* Below that of the connections that compartments make, which may therefore take a client's memory, above that of
 * connections that say goodbye. */
#define CLIENT_PRIORITY (TCP_PRIO_MIN + 1)

struct net_listener {
    struct tcp_pcb *pcb; /* NULL: free */
    uint32_t owner;
    uint16_t port;
    bool waiting; /* its owner, for the next client that says something */
    uint32_t deadline_ms;
    uint16_t wanted_size_bytes;
    size_t turn; /* place that is looked at first: no client keeps the others from being heard */
};

static struct net_listener listeners[NET_LISTENER_COUNT_MAX];

static struct net_listener *find(uint32_t owner, uint16_t port)
{
    for (size_t i = 0; i < NET_LISTENER_COUNT_MAX; i++) {
        if (listeners[i].pcb != NULL && listeners[i].owner == owner && listeners[i].port == port) {
            return &listeners[i];
        }
    }
    return NULL;
}

/* A: gives way to a new client before B. */
static bool is_better_victim(const struct net_connection *a, const struct net_connection *b)
{
    if (b == NULL || a->heard != b->heard) {
        return b == NULL || !a->heard;
    }
    return (int32_t)(a->heard_ms - b->heard_ms) < 0;
}

/* Somebody of the same owner who never spoke, or who has been silent for long. NULL: all are in use. */
static struct net_connection *find_victim(uint32_t owner)
{
    struct net_connection *victim = NULL;

    for (size_t i = NET_POOL_CLIENT_FIRST; i < NET_POOL_COUNT; i++) {
        struct net_connection *client = &net_pool[i];
        if (client->state != STATE_FREE && client->owner == owner && is_better_victim(client, victim)) {
            victim = client;
        }
    }
    bool gives_way = victim != NULL && (!victim->heard || runtime_time_ms() - victim->heard_ms > NET_LISTENER_IDLE_MS);
    return gives_way ? victim : NULL;
}

static struct net_connection *find_place(uint32_t owner)
{
    struct net_connection *place = NULL;
    size_t count = 0;

    for (size_t i = NET_POOL_CLIENT_FIRST; i < NET_POOL_COUNT; i++) {
        if (net_pool[i].state == STATE_FREE) {
            place = place == NULL ? &net_pool[i] : place;
        } else if (net_pool[i].owner == owner) {
            count++;
        }
    }
    if (place == NULL || count >= NET_LISTENER_CLIENT_COUNT_PER_CALLER_MAX) {
        place = find_victim(owner);
        if (place != NULL) {
            net_pool_release(place);
        }
    }
    return place;
}

static err_t on_accepted(void *argument, struct tcp_pcb *pcb, err_t error)
{
    struct net_listener *listener = argument;

    if (error != ERR_OK || pcb == NULL) {
        return ERR_VAL;
    }
    struct net_connection *client = find_place(listener->owner);
    if (client == NULL) {
        tcp_abort(pcb);
        return ERR_ABRT;
    }
    net_pool_take(client, listener->owner, pcb);
    client->state = STATE_OPEN;
    client->plain = true;
    client->listener = listener;
    return ERR_OK;
}

static struct error open_listener(struct net_listener *listener, uint32_t owner, uint16_t port)
{
    struct tcp_pcb *pcb = tcp_new();

    if (pcb == NULL) {
        return ERROR(NET, CAPACITY);
    }
    tcp_setprio(pcb, CLIENT_PRIORITY);
    struct tcp_pcb *listening = NULL;
    if (tcp_bind(pcb, IP_ANY_TYPE, port) == ERR_OK) {
        listening = tcp_listen_with_backlog(pcb, BACKLOG);
    }
    if (listening == NULL) {
        tcp_abort(pcb);
        return ERROR(NET, CAPACITY);
    }
    *listener = (struct net_listener){.pcb = listening, .owner = owner, .port = port};
    tcp_arg(listening, listener);
    tcp_accept(listening, on_accepted);
    return ERROR_NONE;
}

static void drop_clients(const struct net_listener *listener)
{
    for (size_t i = NET_POOL_CLIENT_FIRST; i < NET_POOL_COUNT; i++) {
        if (net_pool[i].state != STATE_FREE && net_pool[i].listener == listener) {
            net_pool_release(&net_pool[i]);
        }
    }
}

static struct error start_listening(uint32_t caller, uint16_t port)
{
    TRY(net_allow_listen(caller, port));
    struct net_listener *listener = find(caller, port);
    if (listener != NULL) {
        drop_clients(listener); /* The compartment was started again and knows none of them. */
        return ERROR_NONE;
    }
    for (size_t i = 0; i < NET_LISTENER_COUNT_MAX; i++) {
        if (listeners[i].pcb == NULL) {
            return open_listener(&listeners[i], caller, port);
        }
    }
    return ERROR(NET, CAPACITY);
}

void net_listener_listen(uint32_t caller, uint16_t port)
{
    net_connection_reply_error(caller, start_listening(caller, port));
}

/* Bytes of a client, or that it is gone. */
static void tell(struct net_listener *listener, struct net_connection *client)
{
    struct writer writer;

    listener->waiting = false;
    net_pool_begin_reply(&writer, ERROR_NONE);
    writer_u32(&writer, net_pool_handle(client));
    if (client->received.size > 0) {
        net_pool_reply_data(client, &writer, listener->owner, listener->wanted_size_bytes);
    } else {
        net_pool_end_reply(&writer, listener->owner);
        net_pool_release(client);
    }
}

static bool tell_next(struct net_listener *listener)
{
    for (size_t i = 0; i < NET_PROTOCOL_CLIENT_COUNT_MAX; i++) {
        size_t place = (listener->turn + i) % NET_PROTOCOL_CLIENT_COUNT_MAX;
        struct net_connection *client = &net_pool[NET_POOL_CLIENT_FIRST + place];
        if (client->state != STATE_FREE && client->listener == listener &&
            (client->received.size > 0 || client->state == STATE_ENDED)) {
            listener->turn = place + 1;
            tell(listener, client);
            return true;
        }
    }
    return false;
}

void net_listener_next(uint32_t caller, const struct net_request *request)
{
    struct net_listener *listener = find(caller, request->port);

    if (listener == NULL) {
        net_connection_reply_error(caller, ERROR(NET, HANDLE));
        return;
    }
    listener->wanted_size_bytes = request->size_bytes;
    if (!tell_next(listener)) {
        listener->waiting = true;
        listener->deadline_ms = runtime_time_ms() + request->timeout_ms;
    }
}

/* Only marks it: a callback of lwIP may hold the very connection that tell would release. */
void net_listener_wake(struct net_listener *listener)
{
    if (listener != NULL && listener->waiting) {
        listener->deadline_ms = runtime_time_ms();
    }
}

void net_listener_forget_wait(uint32_t caller)
{
    for (size_t i = 0; i < NET_LISTENER_COUNT_MAX; i++) {
        if (listeners[i].owner == caller) {
            listeners[i].waiting = false;
        }
    }
}

void net_listener_check_waits(uint32_t *left_ms)
{
    for (size_t i = 0; i < NET_LISTENER_COUNT_MAX; i++) {
        struct net_listener *listener = &listeners[i];
        if (listener->waiting && net_pool_is_due(listener->deadline_ms, left_ms) && !tell_next(listener)) {
            listener->waiting = false;
            net_connection_reply_error(listener->owner, ERROR(NET, TIMEOUT));
        }
    }
}
