/* Failures: how far each device's log is taken in, groups, and the devices in them. */
#include "service/store/sqlite/sqlite_internal.h"

static struct error log_read(sqlite3_stmt *row, void *context)
{
    struct failure_log_state *out = context;
    out->taken.log = (uint32_t)sqlite_column_number(row, 0);
    out->taken.number = (uint32_t)sqlite_column_number(row, 1);
    out->lost = sqlite_column_number(row, 2);
    out->overflow = sqlite_column_number(row, 3);
    return ERROR_NONE;
}

struct error store_failure_log_load(struct store *store, const struct ueid *ueid, struct failure_log_state *out)
{
    sqlite3_stmt *statement = sqlite_statement(store, SQLITE_FAILURE_LOG_LOAD_STATEMENT);
    sqlite_bind_bytes(statement, 1, ueid->bytes, sizeof ueid->bytes);
    *out = (struct failure_log_state){0};
    return sqlite_each(store, statement, log_read, out);
}

struct error store_failure_log_save(struct store *store, const struct ueid *ueid, const struct failure_log_state *state)
{
    sqlite3_stmt *statement = sqlite_statement(store, SQLITE_FAILURE_LOG_SAVE_STATEMENT);
    sqlite_bind_bytes(statement, 1, ueid->bytes, sizeof ueid->bytes);
    sqlite_bind_number(statement, 2, state->taken.log);
    sqlite_bind_number(statement, 3, state->taken.number);
    sqlite_bind_number(statement, 4, state->lost);
    sqlite_bind_number(statement, 5, state->overflow);
    return sqlite_run(store, statement, NULL);
}

static void bind_key(sqlite3_stmt *statement, const struct failure_record *record)
{
    sqlite_bind_bytes(statement, 1, record->digest.bytes, sizeof record->digest.bytes);
    sqlite_bind_number(statement, 2, record->kind);
    sqlite_bind_number(statement, 3, record->compartment);
    sqlite_bind_number(statement, 4, record->cause);
    sqlite_bind_number(statement, 5, record->pc);
}

static struct error device_add(struct store *store, uint64_t number, const struct ueid *ueid,
                               const struct failure_record *record, uint64_t count, uint64_t time_s)
{
    sqlite3_stmt *statement = sqlite_statement(store, SQLITE_FAILURE_DEVICE_ADD_STATEMENT);
    sqlite_bind_number(statement, 1, number);
    sqlite_bind_bytes(statement, 2, ueid->bytes, sizeof ueid->bytes);
    sqlite_bind_number(statement, 3, count);
    sqlite_bind_number(statement, 4, time_s);
    sqlite_bind_number(statement, 5, record->boot_count);
    sqlite_bind_number(statement, 6, record->uptime_s);
    sqlite_bind_number(statement, 7, record->lr);
    sqlite_bind_number(statement, 8, record->address);
    return sqlite_run(store, statement, NULL);
}

static struct error group_make(struct store *store, const struct failure_record *record)
{
    sqlite3_stmt *statement = sqlite_statement(store, SQLITE_FAILURE_ADD_STATEMENT);
    bind_key(statement, record);
    sqlite_bind_number(statement, 6, (uint64_t)record->component);
    sqlite_bind_number(statement, 7, record->sequence);
    sqlite_bind_string(statement, 8, record->name);
    return sqlite_run(store, statement, NULL);
}

struct error store_failure_add(struct store *store, const struct ueid *ueid, const struct failure_record *record,
                               uint64_t count, uint64_t time_s, bool *has_room)
{
    uint64_t number = 0;
    uint64_t others = 0;
    sqlite3_stmt *statement = sqlite_statement(store, SQLITE_FAILURE_OTHERS_STATEMENT);
    bind_key(statement, record);
    sqlite_bind_bytes(statement, 6, ueid->bytes, sizeof ueid->bytes);
    TRY(sqlite_number(store, statement, &others));
    *has_room = others < FAILURE_DEVICE_GROUP_COUNT_MAX;
    if (!*has_room) {
        return ERROR_NONE;
    }
    TRY(group_make(store, record));
    statement = sqlite_statement(store, SQLITE_FAILURE_FIND_STATEMENT);
    bind_key(statement, record);
    TRY(sqlite_number(store, statement, &number));
    return device_add(store, number, ueid, record, count, time_s);
}

struct group_visit {
    void (*visit)(void *context, const struct failure_group *group);
    void *context;
};

static struct error group_read(sqlite3_stmt *row, void *context)
{
    const struct group_visit *to = context;
    struct failure_group group = {
        .number = sqlite_column_number(row, 0),
        .component = (enum component)sqlite_column_number(row, 1),
        .sequence = (uint32_t)sqlite_column_number(row, 2),
        .kind = (uint8_t)sqlite_column_number(row, 4),
        .compartment = (uint8_t)sqlite_column_number(row, 5),
        .cause = (uint32_t)sqlite_column_number(row, 7),
        .pc = (uint32_t)sqlite_column_number(row, 8),
        .count = sqlite_column_number(row, 11),
        .device_count = sqlite_column_number(row, 12),
        .first_s = sqlite_column_number(row, 13),
        .last_s = sqlite_column_number(row, 14),
    };
    sqlite_column_string(row, 6, group.name, sizeof group.name);
    sqlite_column_string(row, 9, group.symbol, sizeof group.symbol);
    sqlite_column_string(row, 10, group.place, sizeof group.place);
    if (!sqlite_column_into(row, 3, group.digest.bytes, sizeof group.digest.bytes) ||
        component_name(group.component) == NULL) {
        return ERROR(STORE, IO);
    }
    to->visit(to->context, &group);
    return ERROR_NONE;
}

static struct error list(struct store *store, uint64_t number, const struct failure_filter *filter, size_t count_max,
                         struct group_visit *to)
{
    sqlite3_stmt *statement = sqlite_statement(store, SQLITE_FAILURE_LIST_STATEMENT);
    const struct ueid *ueid = filter->ueid;
    sqlite_bind_number(statement, 1, number);
    sqlite_bind_string(statement, 2, filter->version == NULL ? "" : filter->version);
    sqlite_bind_bytes(statement, 3, ueid == NULL ? NULL : ueid->bytes, ueid == NULL ? 0 : sizeof ueid->bytes);
    sqlite_bind_string(statement, 4, filter->group == NULL ? "" : filter->group);
    sqlite_bind_number(statement, 5, count_max);
    return sqlite_each(store, statement, group_read, to);
}

struct error store_failure_list(struct store *store, const struct failure_filter *filter, size_t count_max,
                                void (*visit)(void *context, const struct failure_group *group), void *context)
{
    return list(store, 0, filter, count_max, &(struct group_visit){visit, context});
}

static void keep_group(void *context, const struct failure_group *group)
{
    *(struct failure_group *)context = *group;
}

struct error store_failure_load(struct store *store, uint64_t number, struct failure_group *out)
{
    struct failure_group group = {0};
    if (number != 0) {
        TRY(list(store, number, &(struct failure_filter){0}, 1, &(struct group_visit){keep_group, &group}));
    }
    if (group.number == 0) {
        return ERROR(STORE, NOT_FOUND);
    }
    *out = group;
    return ERROR_NONE;
}

struct device_visit {
    void (*visit)(void *context, const struct failure_device *device);
    void *context;
};

static struct error device_read(sqlite3_stmt *row, void *context)
{
    const struct device_visit *to = context;
    struct failure_device device = {
        .count = sqlite_column_number(row, 1),
        .first_s = sqlite_column_number(row, 2),
        .last_s = sqlite_column_number(row, 3),
        .boot_count = (uint32_t)sqlite_column_number(row, 4),
        .uptime_s = (uint32_t)sqlite_column_number(row, 5),
        .lr = (uint32_t)sqlite_column_number(row, 6),
        .address = (uint32_t)sqlite_column_number(row, 7),
    };
    if (!sqlite_column_into(row, 0, device.ueid.bytes, sizeof device.ueid.bytes)) {
        return ERROR(STORE, IO);
    }
    to->visit(to->context, &device);
    return ERROR_NONE;
}

struct error store_failure_device_list(struct store *store, uint64_t number, size_t count_max,
                                       void (*visit)(void *context, const struct failure_device *device), void *context)
{
    sqlite3_stmt *statement = sqlite_statement(store, SQLITE_FAILURE_DEVICE_LIST_STATEMENT);
    sqlite_bind_number(statement, 1, number);
    sqlite_bind_number(statement, 2, count_max);
    return sqlite_each(store, statement, device_read, &(struct device_visit){visit, context});
}

struct share_visit {
    void (*visit)(void *context, const char *group, uint64_t count, uint64_t device_count);
    void *context;
};

static struct error share_read(sqlite3_stmt *row, void *context)
{
    const struct share_visit *to = context;
    char name[GROUP_NAME_SIZE_BYTES_MAX + 1];
    sqlite_column_string(row, 0, name, sizeof name);
    to->visit(to->context, name, sqlite_column_number(row, 1), sqlite_column_number(row, 2));
    return ERROR_NONE;
}

struct error store_failure_group_list(struct store *store, uint64_t number,
                                      void (*visit)(void *context, const char *group, uint64_t count,
                                                    uint64_t device_count),
                                      void *context)
{
    sqlite3_stmt *statement = sqlite_statement(store, SQLITE_FAILURE_SHARE_STATEMENT);
    sqlite_bind_number(statement, 1, number);
    return sqlite_each(store, statement, share_read, &(struct share_visit){visit, context});
}

struct error store_elf_add(struct store *store, const struct sha256_digest *image, const struct sha256_digest *elf)
{
    uint64_t count = 0;
    sqlite3_stmt *statement = sqlite_statement(store, SQLITE_ELF_ADD_STATEMENT);
    sqlite_bind_bytes(statement, 1, image->bytes, sizeof image->bytes);
    sqlite_bind_bytes(statement, 2, elf->bytes, sizeof elf->bytes);
    sqlite_bind_number(statement, 3, FAILURE_ELF_COUNT_MAX);
    TRY(sqlite_run(store, statement, NULL));
    statement = sqlite_statement(store, SQLITE_ELF_COUNT_STATEMENT);
    sqlite_bind_bytes(statement, 1, image->bytes, sizeof image->bytes);
    sqlite_bind_bytes(statement, 2, elf->bytes, sizeof elf->bytes);
    TRY(sqlite_number(store, statement, &count));
    if (count == 0) {
        return ERROR(STORE, CONFLICT);
    }
    statement = sqlite_statement(store, SQLITE_FAILURE_AGAIN_STATEMENT);
    sqlite_bind_bytes(statement, 1, image->bytes, sizeof image->bytes);
    return sqlite_run(store, statement, NULL);
}

struct elf_visit {
    void (*visit)(void *context, const struct sha256_digest *elf);
    void *context;
};

static struct error elf_read(sqlite3_stmt *row, void *context)
{
    const struct elf_visit *to = context;
    struct sha256_digest digest;
    if (!sqlite_column_into(row, 0, digest.bytes, sizeof digest.bytes)) {
        return ERROR(STORE, IO);
    }
    to->visit(to->context, &digest);
    return ERROR_NONE;
}

struct error store_elf_list(struct store *store, const struct sha256_digest *image, size_t count_max,
                            void (*visit)(void *context, const struct sha256_digest *elf), void *context)
{
    sqlite3_stmt *statement = sqlite_statement(store, SQLITE_ELF_LIST_STATEMENT);
    sqlite_bind_bytes(statement, 1, image->bytes, sizeof image->bytes);
    sqlite_bind_number(statement, 2, count_max);
    return sqlite_each(store, statement, elf_read, &(struct elf_visit){visit, context});
}

struct error store_failure_next_symbol(struct store *store, struct failure_group *out)
{
    uint64_t number = 0;
    TRY(sqlite_number(store, sqlite_statement(store, SQLITE_FAILURE_NEXT_STATEMENT), &number));
    return store_failure_load(store, number, out);
}

struct error store_failure_set_symbol(struct store *store, uint64_t number, const char *symbol, const char *place)
{
    sqlite3_stmt *statement = sqlite_statement(store, SQLITE_FAILURE_SYMBOL_STATEMENT);
    sqlite_bind_number(statement, 1, number);
    sqlite_bind_string(statement, 2, symbol);
    sqlite_bind_string(statement, 3, place);
    return sqlite_run(store, statement, NULL);
}
