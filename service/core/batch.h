/* Requests gathered for one transaction: each in a savepoint, in order; answered only after the commit. */
#ifndef SERVICE_CORE_BATCH_H
#define SERVICE_CORE_BATCH_H

#include "service/core/checkin.h"
#include "service/core/core.h"

#define BATCH_COUNT_MAX 64
#define BATCH_REPLY_SIZE_BYTES_MAX IPC_REPLY_BODY_SIZE_BYTES_MAX

struct front_connection;

struct batch_item {
    struct ipc_request request; /* borrows from frame */
    uint8_t *frame;             /* owned: the bytes of the request */
    struct front_connection *front; /* NULL: it went away */
    struct checkin_work checkin;
    struct ipc_reply reply;
    uint8_t *reply_body; /* owned; NULL until there is one */
    bool is_done;        /* the reply was made inside the transaction and is good once it is committed */
};

struct batch {
    size_t count;
    struct batch_item items[BATCH_COUNT_MAX];
};

/* Runs all items in one transaction and calls answer for each, in order; the batch is empty afterwards. */
void batch_run(struct core *core, struct batch *batch,
               void (*answer)(struct front_connection *front, const struct ipc_reply *reply));
/* Makes what a batch wrote durable, before any of it is answered; a file of its own, for a twin that answers first. */
MUST_USE struct error batch_commit(struct core *core);
/* Frees an item's memory. */
void batch_item_wipe(struct batch_item *item);

#endif
