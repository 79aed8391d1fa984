/* Alerts, and what they count. */
#include "service/store/sqlite/sqlite_internal.h"

struct error store_decision_count(struct store *store, const struct ueid *ueid, uint32_t code, uint32_t epoch,
                                  uint64_t since_s, uint64_t *out)
{
    sqlite3_stmt *statement = sqlite_statement(store, SQLITE_DECISION_COUNT_STATEMENT);
    sqlite_bind_bytes(statement, 1, ueid->bytes, sizeof ueid->bytes);
    sqlite_bind_number(statement, 2, code);
    sqlite_bind_number(statement, 3, epoch);
    sqlite_bind_number(statement, 4, since_s);
    return sqlite_number(store, statement, out);
}

struct error store_alert_add(struct store *store, const struct alert_record *alert)
{
    sqlite3_stmt *statement = sqlite_statement(store, SQLITE_ALERT_ADD_STATEMENT);
    sqlite_bind_bytes(statement, 1, alert->ueid.bytes, sizeof alert->ueid.bytes);
    sqlite_bind_number(statement, 2, (uint64_t)alert->rule);
    sqlite_bind_number(statement, 3, (uint64_t)alert->action);
    sqlite_bind_number(statement, 4, alert->last_s);
    sqlite_bind_string(statement, 5, alert->sentence);
    return sqlite_run(store, statement, NULL);
}

struct alert_visit {
    void (*visit)(void *context, const struct alert_record *alert);
    void *context;
};

static struct error alert_take(sqlite3_stmt *row, void *context)
{
    const struct alert_visit *to = context;
    struct alert_record alert = {
        .rule = (enum alert_rule)sqlite_column_number(row, 1),
        .action = (enum alert_action)sqlite_column_number(row, 2),
        .first_s = sqlite_column_number(row, 3),
        .last_s = sqlite_column_number(row, 4),
        .count = sqlite_column_number(row, 5),
    };
    sqlite_column_string(row, 6, alert.sentence, sizeof alert.sentence);
    if (!sqlite_column_into(row, 0, alert.ueid.bytes, sizeof alert.ueid.bytes) || alert.rule < ALERT_ALTERED ||
        alert.rule > ALERT_RIVAL || alert.action > ALERT_QUARANTINE) {
        return ERROR(STORE, IO);
    }
    to->visit(to->context, &alert);
    return ERROR_NONE;
}

struct error store_alert_list(struct store *store, size_t count_max,
                              void (*visit)(void *context, const struct alert_record *alert), void *context)
{
    sqlite3_stmt *statement = sqlite_statement(store, SQLITE_ALERT_LIST_STATEMENT);
    sqlite_bind_number(statement, 1, count_max);
    return sqlite_each(store, statement, alert_take, &(struct alert_visit){visit, context});
}
