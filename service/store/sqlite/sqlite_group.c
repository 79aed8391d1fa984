/* Groups of devices, and what devices say about updates. */
#include "service/store/sqlite/sqlite_internal.h"

struct error store_report_save(struct store *store, const struct report_record *report)
{
    sqlite3_stmt *statement = sqlite_statement(store, SQLITE_REPORT_SAVE_STATEMENT);
    sqlite_bind_bytes(statement, 1, report->ueid.bytes, sizeof report->ueid.bytes);
    sqlite_bind_number(statement, 2, (uint64_t)report->report.component);
    sqlite_bind_number(statement, 3, report->report.sequence);
    sqlite_bind_number(statement, 4, (uint64_t)report->report.state);
    sqlite_bind_number(statement, 5, report->report.code);
    sqlite_bind_number(statement, 6, report->report.size_done_bytes);
    sqlite_bind_number(statement, 7, report->time_s);
    return sqlite_run(store, statement, NULL);
}

static struct error take_report(sqlite3_stmt *row, void *context)
{
    struct report_record *record = context;
    record->report.sequence = (uint32_t)sqlite_column_number(row, 0);
    record->report.state = (enum update_state)sqlite_column_number(row, 1);
    record->report.code = (uint32_t)sqlite_column_number(row, 2);
    record->report.size_done_bytes = (uint32_t)sqlite_column_number(row, 3);
    record->since_s = sqlite_column_number(row, 4);
    record->time_s = sqlite_column_number(row, 5);
    return update_report_is_valid(&record->report, NULL) ? ERROR_NONE : ERROR(STORE, IO);
}

struct error store_report_load(struct store *store, const struct ueid *ueid, enum component component,
                               struct report_record *out)
{
    sqlite3_stmt *statement = sqlite_statement(store, SQLITE_REPORT_LOAD_STATEMENT);
    struct report_record record = {.ueid = *ueid, .report = {.component = component}};
    sqlite_bind_bytes(statement, 1, ueid->bytes, sizeof ueid->bytes);
    sqlite_bind_number(statement, 2, (uint64_t)component);
    TRY(sqlite_one(store, statement, take_report, &record));
    *out = record;
    return ERROR_NONE;
}

struct error store_group_set(struct store *store, const struct ueid *ueid, const char *name)
{
    bool is_leaving = name[0] == '\0';
    sqlite3_stmt *statement =
        sqlite_statement(store, is_leaving ? SQLITE_GROUP_LEAVE_STATEMENT : SQLITE_GROUP_SET_STATEMENT);
    sqlite_bind_bytes(statement, 1, ueid->bytes, sizeof ueid->bytes);
    if (!is_leaving) {
        sqlite_bind_string(statement, 2, name);
    }
    return sqlite_run(store, statement, NULL);
}

static struct error take_name(sqlite3_stmt *row, void *context)
{
    sqlite_column_string(row, 0, context, GROUP_NAME_SIZE_BYTES_MAX + 1);
    return ERROR_NONE;
}

struct error store_group_of(struct store *store, const struct ueid *ueid, char out[GROUP_NAME_SIZE_BYTES_MAX + 1])
{
    sqlite3_stmt *statement = sqlite_statement(store, SQLITE_GROUP_OF_STATEMENT);
    sqlite_bind_bytes(statement, 1, ueid->bytes, sizeof ueid->bytes);
    struct error error = sqlite_one(store, statement, take_name, out);
    if (error_is(error, ERROR_CODE_STORE_NOT_FOUND)) {
        out[0] = '\0';
        return ERROR_NONE;
    }
    return error;
}

struct group_visit {
    void (*visit)(void *context, const char *name, uint64_t device_count);
    void *context;
};

static struct error group_take(sqlite3_stmt *row, void *context)
{
    const struct group_visit *to = context;
    char name[GROUP_NAME_SIZE_BYTES_MAX + 1];
    sqlite_column_string(row, 0, name, sizeof name);
    to->visit(to->context, name, sqlite_column_number(row, 1));
    return ERROR_NONE;
}

struct error store_group_list(struct store *store,
                              void (*visit)(void *context, const char *name, uint64_t device_count), void *context)
{
    sqlite3_stmt *statement = sqlite_statement(store, SQLITE_GROUP_LIST_STATEMENT);
    return sqlite_each(store, statement, group_take, &(struct group_visit){visit, context});
}
