#include "service/core/refresh.h"

#include "service/process/process.h"

/* Orders of one tick; what is due beyond them comes a second later. */
#define TICK_COUNT_MAX 500
/* Of a device's first owner: there are no keys of an earlier one that a service certified. */
#define EPOCH_FIRST 1

static struct error epoch_of(struct core *core, const struct ueid *ueid, uint32_t *epoch)
{
    struct device_record record;
    struct error error = store_device_load(core->store, ueid, &record);
    if (error_is(error, ERROR_CODE_STORE_NOT_FOUND)) {
        *epoch = 0;
        return ERROR_NONE;
    }
    *epoch = record.epoch;
    return error;
}

struct error refresh_order(struct core *core, const struct ueid *ueid, enum refresh_reason reason, uint64_t time_s,
                           uint32_t *epoch)
{
    struct revoked_state revoked;
    uint32_t proven = 0;
    TRY(epoch_of(core, ueid, &proven));
    TRY(store_revoked_load(core->store, ueid, &revoked));
    *epoch = revoked.epoch_min > proven ? revoked.epoch_min : proven + 1;
    return revocations_raise_epoch(&core->revocations, core->store, ueid, *epoch, (uint32_t)reason, time_s);
}

static void reach(struct refresh_target *target, enum refresh_stage stage, uint64_t time_s)
{
    for (int passed = (int)target->stage + 1; passed <= (int)stage; passed++) {
        target->reached_s[passed] = time_s;
    }
    target->stage = stage > target->stage ? stage : target->stage;
}

static struct error note_target(struct core *core, const struct decide_output *output, uint64_t time_s)
{
    struct refresh_target target;
    struct error error = store_refresh_target_open(core->store, &output->record.ueid, &target);
    if (error_is(error, ERROR_CODE_STORE_NOT_FOUND)) {
        return ERROR_NONE;
    }
    TRY(error);
    bool is_accepted = error_is_none(output->verdict);
    if (output->is_order) {
        reach(&target, REFRESH_DELIVERED, time_s);
    } else if (output->record.epoch >= target.epoch) {
        reach(&target, is_accepted && output->record.mode == DEVICE_MODE_NORMAL ? REFRESH_DONE : REFRESH_PROVED, time_s);
    }
    target.last_code = output->is_order ? ERROR_CODE_NONE : output->verdict.code;
    return store_refresh_target_save(core->store, &target);
}

struct error refresh_note(struct core *core, const struct decide_input *input, const struct decide_output *output)
{
    uint32_t before = input->record == NULL ? EPOCH_FIRST : input->record->epoch;
    if (output->record.epoch > before) {
        /* T-30: what a device has proved once is where it stands, also for a database that was restored. */
        TRY(revocations_raise_epoch(&core->revocations, core->store, &output->record.ueid, output->record.epoch, 0,
                                    input->time_s));
    }
    return note_target(core, output, input->time_s);
}

struct turn {
    size_t count;
    struct refresh_target targets[TICK_COUNT_MAX];
};

static void take_target(void *context, const struct refresh_target *target)
{
    struct turn *turn = context;
    turn->targets[turn->count++] = *target;
}

/* How many orders are due: the rate holds over the last minute, and is spread over it. */
static struct error due_count(struct core *core, const struct refresh_record *refresh, uint64_t time_s, size_t *out)
{
    *out = TICK_COUNT_MAX;
    if (refresh->rate_per_minute == 0) {
        return ERROR_NONE;
    }
    uint64_t minute_count = 0;
    uint64_t second_count = 0;
    TRY(store_refresh_count_since(core->store, refresh->number, time_s < 60 ? 0 : time_s - 60, &minute_count));
    TRY(store_refresh_count_since(core->store, refresh->number, time_s - 1, &second_count));
    uint64_t left = minute_count < refresh->rate_per_minute ? refresh->rate_per_minute - minute_count : 0;
    uint64_t step = refresh->rate_per_minute / 60 + 1;
    step = second_count < step ? step - second_count : 0;
    left = left < step ? left : step;
    *out = left < TICK_COUNT_MAX ? (size_t)left : TICK_COUNT_MAX;
    return ERROR_NONE;
}

static struct error order_target(struct core *core, const struct refresh_record *refresh, struct refresh_target *target,
                                 uint64_t time_s)
{
    TRY(refresh_order(core, &target->ueid, refresh->reason, time_s, &target->epoch));
    target->last_code = ERROR_CODE_NONE;
    reach(target, REFRESH_ORDERED, time_s);
    return store_refresh_target_save(core->store, target);
}

struct error refresh_start_one(struct core *core, struct refresh_record *refresh, const struct ueid *ueid)
{
    struct refresh_target target;
    struct error error = store_refresh_target_open(core->store, ueid, &target);
    if (!error_is(error, ERROR_CODE_STORE_NOT_FOUND)) {
        return error;
    }
    uint64_t added_count = 0;
    TRY(store_refresh_add(core->store, refresh));
    TRY(store_refresh_target_add(core->store, refresh->number, ueid, "", refresh->started_s, &added_count));
    target = (struct refresh_target){.refresh = refresh->number, .ueid = *ueid, .stage = REFRESH_WAITING};
    target.reached_s[REFRESH_WAITING] = refresh->started_s;
    /* One that waits for its turn in another refresh is as good as ordered: that one's turn comes. */
    return added_count == 0 ? ERROR_NONE : order_target(core, refresh, &target, refresh->started_s);
}

static struct error order_due(struct core *core, const struct refresh_record *refresh, uint64_t time_s)
{
    static struct turn turn;
    size_t count = 0;
    TRY(due_count(core, refresh, time_s, &count));
    turn.count = 0;
    TRY(store_refresh_target_list(core->store, refresh->number, REFRESH_WAITING, NULL, count, take_target, &turn));
    for (size_t index = 0; index < turn.count; index++) {
        TRY(order_target(core, refresh, &turn.targets[index], time_s));
    }
    if (turn.count > 0) {
        process_log("refresh %llu: %zu devices ordered", (unsigned long long)refresh->number, turn.count);
    }
    return ERROR_NONE;
}

struct waiting {
    bool is_one;
    struct refresh_record refresh;
};

static void take_refresh(void *context, const struct refresh_record *refresh)
{
    *(struct waiting *)context = (struct waiting){.is_one = true, .refresh = *refresh};
}

/* One refresh a tick, the oldest first, so that what is journaled at once stays within its bound. */
static struct error tick(struct core *core)
{
    struct waiting waiting = {.is_one = false};
    uint64_t time_s = process_time_s();
    TRY(store_begin(core->store));
    TRY(store_refresh_list_waiting(core->store, 1, take_refresh, &waiting));
    if (!waiting.is_one) {
        store_rollback(core->store);
        return ERROR_NONE;
    }
    TRY(order_due(core, &waiting.refresh, time_s));
    TRY(revocations_sync(&core->revocations, core->store));
    return store_commit(core->store);
}

void refresh_tick(struct core *core)
{
    struct error error = tick(core);
    if (!error_is_none(error)) {
        process_log("refreshes wait: %s (%s)", error_text(error), store_message(core->store));
        revocations_forget(&core->revocations, 0);
        store_rollback(core->store);
    }
}
