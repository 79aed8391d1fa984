/* What was revoked, how far the journal was taken in, and refreshes with their targets. */
#include "service/store/sqlite/sqlite_internal.h"

static struct error revoked_read(sqlite3_stmt *row, void *context)
{
    struct revoked_state *out = context;
    out->epoch_min = (uint32_t)sqlite_column_number(row, 0);
    out->reason = (uint32_t)sqlite_column_number(row, 1);
    out->is_quarantined = sqlite_column_number(row, 2) != 0;
    return ERROR_NONE;
}

struct error store_revoked_load(struct store *store, const struct ueid *ueid, struct revoked_state *out)
{
    sqlite3_stmt *statement = sqlite_statement(store, SQLITE_REVOKED_LOAD_STATEMENT);
    sqlite_bind_bytes(statement, 1, ueid->bytes, sizeof ueid->bytes);
    *out = (struct revoked_state){0};
    return sqlite_each(store, statement, revoked_read, out);
}

struct error store_revoked_save(struct store *store, const struct ueid *ueid, const struct revoked_state *state)
{
    sqlite3_stmt *statement = sqlite_statement(store, SQLITE_REVOKED_SAVE_STATEMENT);
    sqlite_bind_bytes(statement, 1, ueid->bytes, sizeof ueid->bytes);
    sqlite_bind_number(statement, 2, state->epoch_min);
    sqlite_bind_number(statement, 3, state->reason);
    sqlite_bind_number(statement, 4, state->is_quarantined ? 1 : 0);
    return sqlite_run(store, statement, NULL);
}

static struct error journal_read(sqlite3_stmt *row, void *context)
{
    struct revocation_chain *out = context;
    out->number = sqlite_column_number(row, 0);
    return sqlite_column_into(row, 1, out->link.bytes, sizeof out->link.bytes) ? ERROR_NONE : ERROR(STORE, IO);
}

struct error store_journal_load(struct store *store, struct revocation_chain *out)
{
    *out = (struct revocation_chain){0};
    return sqlite_each(store, sqlite_statement(store, SQLITE_JOURNAL_LOAD_STATEMENT), journal_read, out);
}

struct error store_journal_save(struct store *store, const struct revocation_chain *chain)
{
    sqlite3_stmt *statement = sqlite_statement(store, SQLITE_JOURNAL_SAVE_STATEMENT);
    sqlite_bind_number(statement, 1, chain->number);
    sqlite_bind_bytes(statement, 2, chain->link.bytes, sizeof chain->link.bytes);
    return sqlite_run(store, statement, NULL);
}

struct error store_refresh_add(struct store *store, struct refresh_record *refresh)
{
    sqlite3_stmt *statement = sqlite_statement(store, SQLITE_REFRESH_ADD_STATEMENT);
    sqlite_bind_number(statement, 1, (uint64_t)refresh->state);
    sqlite_bind_number(statement, 2, (uint64_t)refresh->reason);
    sqlite_bind_string(statement, 3, refresh->text);
    sqlite_bind_number(statement, 4, refresh->rate_per_minute);
    sqlite_bind_number(statement, 5, refresh->started_s);
    TRY(sqlite_run(store, statement, NULL));
    refresh->number = (uint64_t)sqlite3_last_insert_rowid(store->database);
    return ERROR_NONE;
}

struct error store_refresh_target_add(struct store *store, uint64_t refresh, const struct ueid *ueid,
                                      const char *group, uint64_t time_s, uint64_t *added_count)
{
    sqlite3_stmt *statement = sqlite_statement(store, SQLITE_REFRESH_TARGET_ADD_STATEMENT);
    sqlite_bind_number(statement, 1, refresh);
    sqlite_bind_number(statement, 2, time_s);
    sqlite_bind_bytes(statement, 3, ueid == NULL ? NULL : ueid->bytes, ueid == NULL ? 0 : sizeof ueid->bytes);
    sqlite_bind_string(statement, 4, group);
    int changed_count = 0;
    TRY(sqlite_run(store, statement, &changed_count));
    if (added_count != NULL) {
        *added_count = (uint64_t)changed_count;
    }
    return ERROR_NONE;
}

static struct error refresh_read(sqlite3_stmt *row, void *context)
{
    struct refresh_record *out = context;
    *out = (struct refresh_record){
        .number = sqlite_column_number(row, 0),
        .state = (enum refresh_state)sqlite_column_number(row, 1),
        .reason = (enum refresh_reason)sqlite_column_number(row, 2),
        .rate_per_minute = (uint32_t)sqlite_column_number(row, 4),
        .started_s = sqlite_column_number(row, 5),
    };
    sqlite_column_string(row, 3, out->text, sizeof out->text);
    return ERROR_NONE;
}

struct error store_refresh_load(struct store *store, uint64_t number, struct refresh_record *out)
{
    sqlite3_stmt *statement = sqlite_statement(store, SQLITE_REFRESH_LOAD_STATEMENT);
    sqlite_bind_number(statement, 1, number);
    return sqlite_one(store, statement, refresh_read, out);
}

struct error store_refresh_save(struct store *store, const struct refresh_record *refresh)
{
    sqlite3_stmt *statement = sqlite_statement(store, SQLITE_REFRESH_SAVE_STATEMENT);
    sqlite_bind_number(statement, 1, refresh->number);
    sqlite_bind_number(statement, 2, (uint64_t)refresh->state);
    int changed_count = 0;
    TRY(sqlite_run(store, statement, &changed_count));
    return changed_count == 1 ? ERROR_NONE : ERROR(STORE, NOT_FOUND);
}

struct refresh_visit {
    void (*visit)(void *context, const struct refresh_record *refresh);
    void *context;
};

static struct error refresh_take(sqlite3_stmt *row, void *context)
{
    const struct refresh_visit *to = context;
    struct refresh_record refresh;
    TRY(refresh_read(row, &refresh));
    to->visit(to->context, &refresh);
    return ERROR_NONE;
}

struct error store_refresh_list(struct store *store, size_t count_max,
                                void (*visit)(void *context, const struct refresh_record *refresh), void *context)
{
    sqlite3_stmt *statement = sqlite_statement(store, SQLITE_REFRESH_LIST_STATEMENT);
    sqlite_bind_number(statement, 1, count_max);
    return sqlite_each(store, statement, refresh_take, &(struct refresh_visit){visit, context});
}

struct error store_refresh_list_waiting(struct store *store, size_t count_max,
                                        void (*visit)(void *context, const struct refresh_record *refresh),
                                        void *context)
{
    sqlite3_stmt *statement = sqlite_statement(store, SQLITE_REFRESH_WAITING_LIST_STATEMENT);
    sqlite_bind_number(statement, 1, count_max);
    return sqlite_each(store, statement, refresh_take, &(struct refresh_visit){visit, context});
}

static struct error target_read(sqlite3_stmt *row, void *context)
{
    struct refresh_target *out = context;
    struct refresh_target target = {
        .refresh = sqlite_column_number(row, 0),
        .stage = (enum refresh_stage)sqlite_column_number(row, 2),
        .epoch = (uint32_t)sqlite_column_number(row, 3),
        .last_code = (uint32_t)sqlite_column_number(row, 4),
    };
    for (int stage = 1; stage <= REFRESH_STAGE_COUNT; stage++) {
        target.reached_s[stage] = sqlite_column_number(row, 4 + stage);
    }
    if (!sqlite_column_into(row, 1, target.ueid.bytes, sizeof target.ueid.bytes)) {
        return ERROR(STORE, IO);
    }
    *out = target;
    return ERROR_NONE;
}

struct target_visit {
    void (*visit)(void *context, const struct refresh_target *target);
    void *context;
};

static struct error target_take(sqlite3_stmt *row, void *context)
{
    const struct target_visit *to = context;
    struct refresh_target target;
    TRY(target_read(row, &target));
    to->visit(to->context, &target);
    return ERROR_NONE;
}

struct error store_refresh_target_list(struct store *store, uint64_t refresh, enum refresh_stage stage,
                                       const struct ueid *after, size_t count_max,
                                       void (*visit)(void *context, const struct refresh_target *target),
                                       void *context)
{
    sqlite3_stmt *statement = sqlite_statement(store, SQLITE_REFRESH_TARGET_LIST_STATEMENT);
    sqlite_bind_number(statement, 1, refresh);
    sqlite_bind_number(statement, 2, (uint64_t)stage);
    sqlite_bind_bytes(statement, 3, after == NULL ? NULL : after->bytes, after == NULL ? 0 : sizeof after->bytes);
    sqlite_bind_number(statement, 4, count_max);
    return sqlite_each(store, statement, target_take, &(struct target_visit){visit, context});
}

struct error store_refresh_target_open(struct store *store, const struct ueid *ueid, struct refresh_target *out)
{
    sqlite3_stmt *statement = sqlite_statement(store, SQLITE_REFRESH_TARGET_OPEN_STATEMENT);
    sqlite_bind_bytes(statement, 1, ueid->bytes, sizeof ueid->bytes);
    return sqlite_one(store, statement, target_read, out);
}

struct error store_refresh_target_save(struct store *store, const struct refresh_target *target)
{
    sqlite3_stmt *statement = sqlite_statement(store, SQLITE_REFRESH_TARGET_SAVE_STATEMENT);
    sqlite_bind_number(statement, 1, target->refresh);
    sqlite_bind_bytes(statement, 2, target->ueid.bytes, sizeof target->ueid.bytes);
    sqlite_bind_number(statement, 3, (uint64_t)target->stage);
    sqlite_bind_number(statement, 4, target->epoch);
    sqlite_bind_number(statement, 5, target->last_code);
    for (int stage = 1; stage <= REFRESH_STAGE_COUNT; stage++) {
        sqlite_bind_number(statement, 5 + stage, target->reached_s[stage]);
    }
    int changed_count = 0;
    TRY(sqlite_run(store, statement, &changed_count));
    return changed_count == 1 ? ERROR_NONE : ERROR(STORE, NOT_FOUND);
}

static struct error count_take(sqlite3_stmt *row, void *context)
{
    struct refresh_counts *counts = context;
    uint64_t stage = sqlite_column_number(row, 0);
    if (stage == 0 || stage > REFRESH_STAGE_COUNT) {
        return ERROR(STORE, IO);
    }
    counts->stages[stage] = sqlite_column_number(row, 1);
    return ERROR_NONE;
}

struct error store_refresh_count(struct store *store, uint64_t refresh, struct refresh_counts *out)
{
    sqlite3_stmt *statement = sqlite_statement(store, SQLITE_REFRESH_COUNT_STATEMENT);
    sqlite_bind_number(statement, 1, refresh);
    *out = (struct refresh_counts){0};
    return sqlite_each(store, statement, count_take, out);
}

struct error store_refresh_count_since(struct store *store, uint64_t refresh, uint64_t since_s, uint64_t *out)
{
    sqlite3_stmt *statement = sqlite_statement(store, SQLITE_REFRESH_SINCE_STATEMENT);
    sqlite_bind_number(statement, 1, refresh);
    sqlite_bind_number(statement, 2, since_s);
    return sqlite_number(store, statement, out);
}

struct error store_refresh_drop_waiting(struct store *store, uint64_t refresh)
{
    sqlite3_stmt *statement = sqlite_statement(store, SQLITE_REFRESH_DROP_STATEMENT);
    sqlite_bind_number(statement, 1, refresh);
    return sqlite_run(store, statement, NULL);
}
