#include "service/core/batch.h"

#include <stdlib.h>
#include <string.h>

#include "service/core/claim.h"
#include "service/core/keysets.h"
#include "service/core/operator.h"
#include "service/process/process.h"

static uint8_t storage[BATCH_REPLY_SIZE_BYTES_MAX];

/* Keeps a reply whose body lies in the shared storage. */
static void keep_reply(struct batch_item *item, const struct ipc_reply *reply)
{
    item->reply = *reply;
    item->is_done = true;
    item->reply_body = malloc(reply->body.size + 1);
    if (item->reply_body == NULL) {
        process_fail("out of memory");
    }
    if (reply->body.size > 0) {
        memcpy(item->reply_body, reply->body.data, reply->body.size);
    }
    item->reply.body = span_of(item->reply_body, reply->body.size);
}

static struct error item_decide(struct core *core, struct batch_item *item)
{
    struct writer writer;
    struct ipc_reply reply = {.id = item->request.id};
    writer_init(&writer, storage, sizeof storage);
    if (item->request.kind == IPC_CHECKIN) {
        return checkin_decide(core, &item->request, &item->checkin);
    }
    if (item->request.kind == IPC_CLAIM) {
        TRY(claim_reply(core, &item->request, &writer, &reply));
    } else {
        TRY(operator_reply(core, &item->request, &writer, &reply));
    }
    keep_reply(item, &reply);
    return ERROR_NONE;
}

/* A reply for what could not be committed: the front's client is told to try again. */
static void reply_overloaded(struct batch_item *item, struct writer *writer)
{
    item->reply.status = 503;
    if (item->request.kind == IPC_OPERATOR) {
        operator_problem_reply(ERROR(STORE, IO), 503, NULL, writer, &item->reply);
    } else {
        checkin_problem_reply(ERROR(CHECKIN, OVERLOADED), 503, NULL, writer, &item->reply);
    }
}

static struct error savepoint_end(struct core *core, bool keep)
{
    return keep ? store_savepoint_release(core->store) : store_savepoint_undo(core->store);
}

/* One item in its savepoint. The error is one of the whole transaction. */
static struct error item_run(struct core *core, struct batch_item *item, bool *failed)
{
    size_t pending_count = core->revocations.pending_count;
    size_t removal_count = core->removal.count;
    TRY(store_savepoint(core->store));
    struct error error = item_decide(core, item);
    *failed = !error_is_none(error);
    if (*failed) {
        process_log("a request could not be decided: %s (%s)", error_text(error), store_message(core->store));
        revocations_forget(&core->revocations, pending_count);
        image_removal_undo(&core->removal, removal_count);
    }
    return savepoint_end(core, !*failed);
}

/* One addition for each counter and batch, instead of one for each request. */
static struct error add_counters(struct core *core, const struct batch *batch, const bool failed[BATCH_COUNT_MAX])
{
    static const char *const names[] = {"checkin_accepted", "checkin_refused", "checkin_malformed"};
    uint64_t counts[3] = {0};
    for (size_t index = 0; index < batch->count; index++) {
        const struct batch_item *item = &batch->items[index];
        if (item->request.kind == IPC_CHECKIN && !failed[index]) {
            counts[item->checkin.is_malformed ? 2 : error_is_none(item->checkin.verdict) ? 0 : 1]++;
        }
    }
    for (size_t index = 0; index < 3; index++) {
        if (counts[index] > 0) {
            TRY(store_counter_add(core->store, names[index], counts[index]));
        }
    }
    return ERROR_NONE;
}

static struct error transaction_run(struct core *core, struct batch *batch, bool failed[BATCH_COUNT_MAX])
{
    TRY(store_begin(core->store));
    for (size_t index = 0; index < batch->count; index++) {
        TRY(item_run(core, &batch->items[index], &failed[index]));
    }
    TRY(add_counters(core, batch, failed));
    TRY(revocations_sync(&core->revocations, core->store));
    return batch_commit(core);
}

/* Makers and key sets that a committed request added count from the next batch on. */
static void refresh_trust(struct core *core)
{
    core->trust_changed = false;
    core->keysets_changed = false;
    struct error error = store_begin(core->store);
    if (error_is_none(error)) {
        error = trust_load(&core->trust, core->store);
        keysets_load(core);
        store_rollback(core->store);
    }
    if (!error_is_none(error)) {
        process_fail("the makers cannot be read: %s", store_message(core->store));
    }
}

void batch_item_wipe(struct batch_item *item)
{
    free(item->frame);
    free(item->reply_body);
    *item = (struct batch_item){0};
}

void batch_run(struct core *core, struct batch *batch,
               void (*answer)(struct front_connection *front, const struct ipc_reply *reply))
{
    bool failed[BATCH_COUNT_MAX] = {false};
    struct error error = transaction_run(core, batch, failed);
    if (!error_is_none(error)) {
        process_log("a batch of %zu could not be committed: %s", batch->count, store_message(core->store));
        revocations_forget(&core->revocations, 0);
        store_rollback(core->store);
        core->trust_changed = false;
        core->keysets_changed = false;
        image_removal_undo(&core->removal, 0);
    }
    /* T-17: from here on what is answered is durable (batch_commit). */
    image_removal_carry_out(&core->removal, core->config.images_dir);
    for (size_t index = 0; index < batch->count; index++) {
        struct batch_item *item = &batch->items[index];
        struct writer writer;
        writer_init(&writer, storage, sizeof storage);
        if (!error_is_none(error) || failed[index]) {
            reply_overloaded(item, &writer);
        } else if (!item->is_done) {
            checkin_finish(core, &item->checkin, &writer, &item->reply);
        }
        item->reply.id = item->request.id;
        if (item->front != NULL) {
            answer(item->front, &item->reply);
        }
        batch_item_wipe(item);
    }
    batch->count = 0;
    if (core->trust_changed || core->keysets_changed) {
        refresh_trust(core);
    }
}
