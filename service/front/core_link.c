#include "service/front/core_link.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/ensure.h"
#include "service/ipc/ipc_stream.h"
#include "service/process/process.h"

#define RECONNECT_PAUSE_MS 20
#define REPLY_TIMEOUT_S 10
#define OUTPUT_SIZE_BYTES_MAX (4 * 1024 * 1024)

static uint8_t frame_storage[IPC_REQUEST_SIZE_BYTES_MAX + IPC_HEADER_SIZE_BYTES];

static uint64_t slot_id(const struct core_link *link, size_t index)
{
    return ((uint64_t)link->slots[index].use_count << 32) | index;
}

static void *slot_release(struct core_link *link, size_t index)
{
    struct core_link_slot *slot = &link->slots[index];
    void *request = slot->request;
    slot->request = NULL;
    slot->use_count++;
    ENSURE(link->free_count < CORE_LINK_SLOT_COUNT);
    link->free_slots[link->free_count++] = (uint16_t)index;
    return request;
}

static void schedule_reconnect(struct core_link *link)
{
    const struct timeval pause = {.tv_usec = RECONNECT_PAUSE_MS * 1000};
    event_add(link->reconnect, &pause);
}

/* What was under way is answered now: the core may or may not have committed it, and the device will ask again. */
static void lose_connection(struct core_link *link, const char *reason)
{
    if (link->stream != NULL) {
        bufferevent_free(link->stream);
        link->stream = NULL;
    }
    size_t lost_count = 0;
    for (size_t index = 0; index < CORE_LINK_SLOT_COUNT; index++) {
        if (link->slots[index].request != NULL) {
            link->answer(link->owner, slot_release(link, index), NULL);
            lost_count++;
        }
    }
    if (link->was_connected) {
        process_log("the core is away (%s); %zu requests under way were answered 503", reason, lost_count);
        link->was_connected = false;
    }
    schedule_reconnect(link);
}

static struct error take_reply(void *context, struct span frame)
{
    struct core_link *link = context;
    struct ipc_reply reply;
    TRY(ipc_reply_parse(frame, &reply));
    size_t index = (size_t)(reply.id & UINT32_MAX);
    /* A reply that came after its time-out finds its slot free or in other use, and is dropped. */
    if (index < CORE_LINK_SLOT_COUNT && link->slots[index].request != NULL && slot_id(link, index) == reply.id) {
        link->answer(link->owner, slot_release(link, index), &reply);
    }
    return ERROR_NONE;
}

static void on_readable(struct bufferevent *stream, void *context)
{
    if (!error_is_none(ipc_stream_read(stream, IPC_REPLY_SIZE_BYTES_MAX, take_reply, context))) {
        lose_connection(context, "it sent what cannot be read");
    }
}

static void on_event(struct bufferevent *stream, short what, void *context)
{
    (void)stream;
    struct core_link *link = context;
    if ((what & BEV_EVENT_CONNECTED) != 0) {
        link->was_connected = true;
        link->connected(link->owner);
    } else if ((what & (BEV_EVENT_EOF | BEV_EVENT_ERROR)) != 0) {
        lose_connection(link, "the connection ended");
    }
}

static void on_reconnect(evutil_socket_t fd, short what, void *context)
{
    (void)fd;
    (void)what;
    struct core_link *link = context;
    struct sockaddr_un where = {.sun_family = AF_UNIX};
    snprintf(where.sun_path, sizeof where.sun_path, "%s", link->path);
    link->stream = bufferevent_socket_new(link->base, -1, BEV_OPT_CLOSE_ON_FREE);
    if (link->stream == NULL) {
        schedule_reconnect(link);
        return;
    }
    bufferevent_setcb(link->stream, on_readable, NULL, on_event, link);
    bufferevent_enable(link->stream, EV_READ | EV_WRITE);
    if (bufferevent_socket_connect(link->stream, (struct sockaddr *)&where, sizeof where) != 0 &&
        link->stream != NULL) {
        lose_connection(link, "it cannot be reached");
    }
}

/* A core that lives but does not answer must not hold devices for ever. */
static void on_sweep(evutil_socket_t fd, short what, void *context)
{
    (void)fd;
    (void)what;
    struct core_link *link = context;
    link->clock_s++;
    for (size_t index = 0; index < CORE_LINK_SLOT_COUNT; index++) {
        struct core_link_slot *slot = &link->slots[index];
        if (slot->request != NULL && link->clock_s - slot->sent_s > REPLY_TIMEOUT_S) {
            link->answer(link->owner, slot_release(link, index), NULL);
        }
    }
}

void core_link_start(struct core_link *link, struct event_base *base, const char *path, core_link_answer *answer,
                     void (*connected)(void *owner), void *owner)
{
    *link = (struct core_link){
        .base = base, .path = path, .answer = answer, .connected = connected, .owner = owner};
    for (size_t index = 0; index < CORE_LINK_SLOT_COUNT; index++) {
        link->free_slots[link->free_count++] = (uint16_t)(CORE_LINK_SLOT_COUNT - 1 - index);
    }
    link->reconnect = evtimer_new(base, on_reconnect, link);
    link->sweep = event_new(base, -1, EV_PERSIST, on_sweep, link);
    const struct timeval second = {.tv_sec = 1};
    if (link->reconnect == NULL || link->sweep == NULL || event_add(link->sweep, &second) != 0) {
        process_fail("out of memory");
    }
    on_reconnect(-1, 0, link);
}

bool core_link_send(struct core_link *link, struct ipc_request *message, void *request)
{
    if (!link->was_connected || link->free_count == 0 ||
        evbuffer_get_length(bufferevent_get_output(link->stream)) > OUTPUT_SIZE_BYTES_MAX) {
        return false;
    }
    size_t index = link->free_slots[link->free_count - 1];
    message->id = slot_id(link, index);
    struct writer writer;
    writer_init(&writer, frame_storage, sizeof frame_storage);
    /* The stream writes when the loop comes round, so requests that were read together travel together. */
    if (!error_is_none(ipc_request_encode(message, &writer)) ||
        bufferevent_write(link->stream, writer.data, writer.size) != 0) {
        return false;
    }
    link->free_count--;
    link->slots[index].request = request;
    link->slots[index].sent_s = link->clock_s;
    return true;
}

void core_link_stop(struct core_link *link)
{
    event_free(link->reconnect);
    event_free(link->sweep);
    if (link->stream != NULL) {
        bufferevent_free(link->stream);
    }
}
