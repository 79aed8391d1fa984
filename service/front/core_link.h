/* A front's connection to the core: requests out in batches, replies in, every request answered exactly once, by the
 * core or, when it is away, too busy or too slow, by the front itself. */
#ifndef SERVICE_FRONT_CORE_LINK_H
#define SERVICE_FRONT_CORE_LINK_H

#include <event2/event.h>
#include <stdbool.h>

#include "service/ipc/ipc.h"

#define CORE_LINK_SLOT_COUNT 1024

/* Called once for each request that core_link_send took: the core's reply, or NULL if there will be none. */
typedef void core_link_answer(void *owner, void *request, const struct ipc_reply *reply);

struct core_link_slot {
    void *request; /* NULL: free */
    uint32_t use_count;
    uint32_t sent_s;
};

struct core_link {
    struct event_base *base;
    const char *path;
    core_link_answer *answer;
    void (*connected)(void *owner);
    void *owner;
    struct bufferevent *stream; /* NULL: not connected */
    struct event *reconnect;
    struct event *sweep;
    uint32_t clock_s;
    bool was_connected;
    struct core_link_slot slots[CORE_LINK_SLOT_COUNT];
    uint16_t free_slots[CORE_LINK_SLOT_COUNT];
    size_t free_count;
};

/* path      of the core's unix socket; outlives the link
 * connected called each time the connection stands */
void core_link_start(struct core_link *link, struct event_base *base, const char *path, core_link_answer *answer,
                     void (*connected)(void *owner), void *owner);
/* Sends, with an id of the link's own. false: the core is away or too much is under way; nothing will be called. */
bool core_link_send(struct core_link *link, struct ipc_request *message, void *request);
void core_link_stop(struct core_link *link);

#endif
