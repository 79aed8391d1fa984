/* Rollouts, and how far each device has come with one. */
#include "service/store/sqlite/sqlite_internal.h"

#include <string.h>

struct error store_rollout_add(struct store *store, struct rollout_record *rollout)
{
    sqlite3_stmt *statement = sqlite_statement(store, SQLITE_ROLLOUT_ADD_STATEMENT);
    sqlite_bind_number(statement, 1, (uint64_t)rollout->component);
    sqlite_bind_number(statement, 2, rollout->sequence);
    sqlite_bind_bytes(statement, 3, rollout->digest.bytes, sizeof rollout->digest.bytes);
    sqlite_bind_bytes(statement, 4, rollout->authority.bytes, sizeof rollout->authority.bytes);
    sqlite_bind_bytes(statement, 5, rollout->file_digest.bytes, sizeof rollout->file_digest.bytes);
    sqlite_bind_number(statement, 6, rollout->file_size_bytes);
    sqlite_bind_number(statement, 7, rollout->percent);
    sqlite_bind_number(statement, 8, rollout->rate_per_minute);
    sqlite_bind_number(statement, 9, rollout->failures_max);
    sqlite_bind_number(statement, 10, rollout->failures_forgiven);
    sqlite_bind_number(statement, 11, (uint64_t)rollout->state);
    sqlite_bind_number(statement, 12, rollout->started_s);
    sqlite_bind_string(statement, 13, rollout->group);
    sqlite_bind_bytes(statement, 14, rollout->rings, strnlen((const char *)rollout->rings, sizeof rollout->rings));
    sqlite_bind_number(statement, 15, rollout->ring_wait_s);
    sqlite_bind_number(statement, 16, rollout->ring_opened_s);
    sqlite_bind_number(statement, 17, rollout->success_percent_min);
    sqlite_bind_number(statement, 18, rollout->window_start_hour);
    sqlite_bind_number(statement, 19, rollout->window_end_hour);
    int changed_count = 0;
    TRY(sqlite_run(store, statement, &changed_count));
    if (changed_count != 1) {
        return ERROR(STORE, CONFLICT);
    }
    rollout->number = (uint64_t)sqlite3_last_insert_rowid(store->database);
    return ERROR_NONE;
}

static struct error rollout_from_row(sqlite3_stmt *row, struct rollout_record *out)
{
    struct rollout_record rollout = {
        .component = (enum component)sqlite_column_number(row, 0),
        .sequence = (uint32_t)sqlite_column_number(row, 1),
        .file_size_bytes = (uint32_t)sqlite_column_number(row, 5),
        .percent = (uint32_t)sqlite_column_number(row, 6),
        .rate_per_minute = (uint32_t)sqlite_column_number(row, 7),
        .failures_max = (uint32_t)sqlite_column_number(row, 8),
        .failures_forgiven = sqlite_column_number(row, 9),
        .state = (enum rollout_state)sqlite_column_number(row, 10),
        .started_s = sqlite_column_number(row, 11),
        .ring_wait_s = (uint32_t)sqlite_column_number(row, 14),
        .ring_opened_s = sqlite_column_number(row, 15),
        .success_percent_min = (uint32_t)sqlite_column_number(row, 16),
        .window_start_hour = (uint32_t)sqlite_column_number(row, 17),
        .window_end_hour = (uint32_t)sqlite_column_number(row, 18),
        .number = sqlite_column_number(row, 19),
    };
    struct span rings = sqlite_column_span(row, 13);
    sqlite_column_string(row, 12, rollout.group, sizeof rollout.group);
    if (rings.size > 0 && rings.size <= sizeof rollout.rings) {
        memcpy(rollout.rings, rings.data, rings.size);
    }
    bool ok = sqlite_column_into(row, 2, rollout.digest.bytes, sizeof rollout.digest.bytes) &&
              sqlite_column_into(row, 3, rollout.authority.bytes, sizeof rollout.authority.bytes) &&
              sqlite_column_into(row, 4, rollout.file_digest.bytes, sizeof rollout.file_digest.bytes) &&
              rollout.state >= ROLLOUT_RUNNING && rollout.state <= ROLLOUT_FINISHED;
    if (ok) {
        *out = rollout;
    }
    return ok ? ERROR_NONE : ERROR(STORE, IO);
}

static struct error rollout_read(sqlite3_stmt *row, void *context)
{
    return rollout_from_row(row, context);
}

struct error store_rollout_load(struct store *store, uint64_t number, struct rollout_record *out)
{
    sqlite3_stmt *statement = sqlite_statement(store, SQLITE_ROLLOUT_LOAD_STATEMENT);
    sqlite_bind_number(statement, 1, number);
    return sqlite_one(store, statement, rollout_read, out);
}

static struct error find(struct store *store, enum sqlite_statement which, enum component component,
                         const char *group, struct rollout_record *out)
{
    sqlite3_stmt *statement = sqlite_statement(store, which);
    sqlite_bind_number(statement, 1, (uint64_t)component);
    sqlite_bind_string(statement, 2, group);
    return sqlite_one(store, statement, rollout_read, out);
}

struct error store_rollout_find_open(struct store *store, enum component component, const char *group,
                                     struct rollout_record *out)
{
    return find(store, SQLITE_ROLLOUT_OPEN_STATEMENT, component, group, out);
}

struct error store_rollout_find_finished(struct store *store, enum component component, const char *group,
                                         struct rollout_record *out)
{
    return find(store, SQLITE_ROLLOUT_FINISHED_STATEMENT, component, group, out);
}

static struct error take_reach(sqlite3_stmt *row, void *context)
{
    struct rollout_reach *reach = context;
    uint64_t component = sqlite_column_number(row, 0);
    if (component < COMPONENT_MONITOR || component > COMPONENT_COUNT) {
        return ERROR(STORE, IO);
    }
    uint32_t *bits = sqlite_column_number(row, 1) != 0 ? &reach->finished : &reach->open;
    *bits |= 1u << component;
    return ERROR_NONE;
}

struct error store_rollout_reach(struct store *store, struct rollout_reach *out)
{
    *out = (struct rollout_reach){0};
    return sqlite_each(store, sqlite_statement(store, SQLITE_ROLLOUT_REACH_STATEMENT), take_reach, out);
}

struct error store_rollout_save(struct store *store, const struct rollout_record *rollout)
{
    sqlite3_stmt *statement = sqlite_statement(store, SQLITE_ROLLOUT_SAVE_STATEMENT);
    sqlite_bind_number(statement, 1, rollout->number);
    sqlite_bind_number(statement, 2, rollout->percent);
    sqlite_bind_number(statement, 3, rollout->failures_forgiven);
    sqlite_bind_number(statement, 4, (uint64_t)rollout->state);
    sqlite_bind_number(statement, 5, rollout->ring_opened_s);
    int changed_count = 0;
    TRY(sqlite_run(store, statement, &changed_count));
    return changed_count == 1 ? ERROR_NONE : ERROR(STORE, NOT_FOUND);
}

struct rollout_visit {
    void (*visit)(void *context, const struct rollout_record *rollout);
    void *context;
};

static struct error rollout_take(sqlite3_stmt *row, void *context)
{
    const struct rollout_visit *to = context;
    struct rollout_record rollout;
    TRY(rollout_from_row(row, &rollout));
    to->visit(to->context, &rollout);
    return ERROR_NONE;
}

struct error store_rollout_list(struct store *store, size_t count_max,
                                void (*visit)(void *context, const struct rollout_record *rollout), void *context)
{
    sqlite3_stmt *statement = sqlite_statement(store, SQLITE_ROLLOUT_LIST_STATEMENT);
    sqlite_bind_number(statement, 1, count_max);
    return sqlite_each(store, statement, rollout_take, &(struct rollout_visit){visit, context});
}

/* Columns as TARGET_LOAD gives them. */
static struct error target_from_row(sqlite3_stmt *row, uint64_t rollout, const struct ueid *ueid,
                                    struct rollout_target *out)
{
    *out = (struct rollout_target){
        .rollout = rollout,
        .ueid = *ueid,
        .state = (enum target_state)sqlite_column_number(row, 0),
        .epoch = (uint32_t)sqlite_column_number(row, 1),
        .boot_count = (uint32_t)sqlite_column_number(row, 2),
        .offered_s = sqlite_column_number(row, 3),
        .changed_s = sqlite_column_number(row, 4),
    };
    return out->state >= TARGET_OFFERED && out->state <= TARGET_FAILED ? ERROR_NONE : ERROR(STORE, IO);
}

struct target_place {
    uint64_t rollout;
    const struct ueid *ueid;
    struct rollout_target *out;
};

static struct error take_target(sqlite3_stmt *row, void *context)
{
    const struct target_place *place = context;
    return target_from_row(row, place->rollout, place->ueid, place->out);
}

struct error store_target_load(struct store *store, uint64_t rollout, const struct ueid *ueid,
                               struct rollout_target *out)
{
    sqlite3_stmt *statement = sqlite_statement(store, SQLITE_TARGET_LOAD_STATEMENT);
    sqlite_bind_number(statement, 1, rollout);
    sqlite_bind_bytes(statement, 2, ueid->bytes, sizeof ueid->bytes);
    return sqlite_one(store, statement, take_target, &(struct target_place){rollout, ueid, out});
}

struct target_visit {
    void (*visit)(void *context, const struct rollout_target *target);
    void *context;
    uint64_t rollout;
};

static struct error target_take(sqlite3_stmt *row, void *context)
{
    const struct target_visit *to = context;
    struct ueid ueid;
    struct rollout_target target;
    if (!sqlite_column_into(row, 5, ueid.bytes, sizeof ueid.bytes)) {
        return ERROR(STORE, IO);
    }
    TRY(target_from_row(row, to->rollout, &ueid, &target));
    to->visit(to->context, &target);
    return ERROR_NONE;
}

struct error store_target_list(struct store *store, uint64_t rollout, size_t count_max,
                               void (*visit)(void *context, const struct rollout_target *target), void *context)
{
    sqlite3_stmt *statement = sqlite_statement(store, SQLITE_TARGET_LIST_STATEMENT);
    sqlite_bind_number(statement, 1, rollout);
    sqlite_bind_number(statement, 2, count_max);
    return sqlite_each(store, statement, target_take, &(struct target_visit){visit, context, rollout});
}

struct error store_target_save(struct store *store, const struct rollout_target *target)
{
    sqlite3_stmt *statement = sqlite_statement(store, SQLITE_TARGET_SAVE_STATEMENT);
    sqlite_bind_number(statement, 1, target->rollout);
    sqlite_bind_bytes(statement, 2, target->ueid.bytes, sizeof target->ueid.bytes);
    sqlite_bind_number(statement, 3, (uint64_t)target->state);
    sqlite_bind_number(statement, 4, target->epoch);
    sqlite_bind_number(statement, 5, target->boot_count);
    sqlite_bind_number(statement, 6, target->offered_s);
    sqlite_bind_number(statement, 7, target->changed_s);
    return sqlite_run(store, statement, NULL);
}

static struct error count(struct store *store, sqlite3_stmt *statement, uint64_t rollout, uint64_t argument,
                          uint64_t *out)
{
    sqlite_bind_number(statement, 1, rollout);
    sqlite_bind_number(statement, 2, argument);
    return sqlite_number(store, statement, out);
}

struct error store_target_count(struct store *store, uint64_t rollout, uint64_t since_s, struct rollout_counts *out)
{
    sqlite3_stmt *by_state = sqlite_statement(store, SQLITE_TARGET_COUNT_STATEMENT);
    sqlite3_stmt *by_time = sqlite_statement(store, SQLITE_TARGET_SINCE_STATEMENT);
    TRY(count(store, by_state, rollout, TARGET_NONE, &out->offered)); /* in any state */
    TRY(count(store, by_time, rollout, since_s, &out->offered_since));
    TRY(count(store, by_state, rollout, TARGET_RUNNING, &out->running));
    return count(store, by_state, rollout, TARGET_FAILED, &out->failed);
}

struct error store_target_forget_failed(struct store *store, uint64_t rollout, const struct ueid *ueid,
                                        uint64_t *count_out)
{
    sqlite3_stmt *statement = sqlite_statement(store, SQLITE_TARGET_FORGET_STATEMENT);
    int changed_count = 0;
    sqlite_bind_number(statement, 1, rollout);
    sqlite_bind_number(statement, 2, ueid == NULL ? 1 : 0);
    sqlite_bind_bytes(statement, 3, ueid == NULL ? NULL : ueid->bytes, ueid == NULL ? 0 : sizeof ueid->bytes);
    TRY(sqlite_run(store, statement, &changed_count));
    *count_out = (uint64_t)changed_count;
    return ERROR_NONE;
}

static struct error take_reports(sqlite3_stmt *row, void *context)
{
    struct rollout_reports *reports = context;
    uint64_t state = sqlite_column_number(row, 0);
    if (state > UPDATE_STATE_MAX) {
        return ERROR(STORE, IO);
    }
    reports->counts[state] = sqlite_column_number(row, 1);
    reports->size_done_bytes += sqlite_column_number(row, 2);
    return ERROR_NONE;
}

struct error store_target_reports(struct store *store, const struct rollout_record *rollout,
                                  struct rollout_reports *out)
{
    sqlite3_stmt *statement = sqlite_statement(store, SQLITE_TARGET_REPORTS_STATEMENT);
    *out = (struct rollout_reports){0};
    sqlite_bind_number(statement, 1, rollout->number);
    sqlite_bind_number(statement, 2, (uint64_t)rollout->component);
    sqlite_bind_number(statement, 3, rollout->sequence);
    return sqlite_each(store, statement, take_reports, out);
}
