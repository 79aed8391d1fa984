/* Vouchers, makers, releases, operators and their commands, counters. */
#include "service/store/sqlite/sqlite_internal.h"

#include <string.h>

enum voucher_kind {
    VOUCHER_KIND_DEVICE = 1,
    VOUCHER_KIND_BATCH = 2,
};

struct error store_voucher_add(struct store *store, const struct voucher_record *record)
{
    const struct voucher *voucher = &record->voucher;
    sqlite3_stmt *statement = sqlite_statement(store, SQLITE_VOUCHER_ADD_STATEMENT);
    sqlite_bind_number(statement, 1, voucher->is_batch ? VOUCHER_KIND_BATCH : VOUCHER_KIND_DEVICE);
    if (voucher->is_batch) {
        sqlite_bind_bytes(statement, 2, voucher->batch, strlen(voucher->batch));
    } else {
        sqlite_bind_bytes(statement, 2, voucher->ueid.bytes, sizeof voucher->ueid.bytes);
    }
    sqlite_bind_number(statement, 3, voucher->generation);
    sqlite_bind_bytes(statement, 4, record->encoded.data, record->encoded.size);
    int changed_count = 0;
    TRY(sqlite_run(store, statement, &changed_count));
    return changed_count == 1 ? ERROR_NONE : ERROR(STORE, CONFLICT);
}

/* Takes the one row of a bound statement with an encoded voucher in column 0. */
static struct error voucher_take(struct store *store, sqlite3_stmt *statement, struct voucher *out,
                                 struct buffer *encoded)
{
    bool is_row = false;
    TRY(sqlite_next(store, statement, &is_row));
    if (!is_row) {
        return ERROR(STORE, NOT_FOUND);
    }
    struct span bytes = sqlite_column_span(statement, 0);
    struct error error = ERROR_NONE;
    if (out != NULL && !error_is_none(voucher_parse(bytes, out))) {
        error = ERROR(STORE, IO);
    }
    if (encoded != NULL) {
        if (bytes.size > encoded->capacity) {
            error = ERROR(STORE, IO);
        } else {
            memcpy(encoded->data, bytes.data, bytes.size);
            encoded->size = bytes.size;
        }
    }
    sqlite_end(statement);
    return error;
}

static struct error voucher_find_one(struct store *store, enum voucher_kind kind, struct span subject,
                                     struct voucher *out, struct buffer *encoded)
{
    sqlite3_stmt *statement = sqlite_statement(store, SQLITE_VOUCHER_FIND_STATEMENT);
    sqlite_bind_number(statement, 1, (uint64_t)kind);
    sqlite_bind_bytes(statement, 2, subject.data, subject.size);
    return voucher_take(store, statement, out, encoded);
}

struct error store_voucher_find(struct store *store, const struct ueid *ueid, struct span batch, struct voucher *out,
                                struct buffer *encoded)
{
    struct error error = voucher_find_one(store, VOUCHER_KIND_DEVICE, SPAN_OF(ueid->bytes), out, encoded);
    if (!error_is(error, ERROR_CODE_STORE_NOT_FOUND) || batch.size == 0) {
        return error;
    }
    return voucher_find_one(store, VOUCHER_KIND_BATCH, batch, out, encoded);
}

struct error store_voucher_find_any_batch(struct store *store, struct buffer *encoded)
{
    return voucher_take(store, sqlite_statement(store, SQLITE_VOUCHER_ANY_BATCH_STATEMENT), NULL, encoded);
}

struct voucher_visit {
    void (*visit)(void *context, const struct voucher_record *voucher);
    void *context;
};

static struct error voucher_give(sqlite3_stmt *row, void *context)
{
    const struct voucher_visit *to = context;
    struct voucher_record voucher;
    voucher.encoded = sqlite_column_span(row, 0);
    if (!error_is_none(voucher_parse(voucher.encoded, &voucher.voucher))) {
        return ERROR(STORE, IO);
    }
    to->visit(to->context, &voucher);
    return ERROR_NONE;
}

struct error store_voucher_list(struct store *store,
                                void (*visit)(void *context, const struct voucher_record *voucher), void *context)
{
    sqlite3_stmt *statement = sqlite_statement(store, SQLITE_VOUCHER_LIST_STATEMENT);
    return sqlite_each(store, statement, voucher_give, &(struct voucher_visit){visit, context});
}

struct error store_maker_add(struct store *store, const struct maker_record *maker)
{
    sqlite3_stmt *statement = sqlite_statement(store, SQLITE_MAKER_ADD_STATEMENT);
    sqlite_bind_bytes(statement, 1, maker->root_digest.bytes, sizeof maker->root_digest.bytes);
    sqlite_bind_bytes(statement, 2, maker->root.data, maker->root.size);
    sqlite_bind_bytes(statement, 3, maker->ca.data, maker->ca.size);
    uint8_t identity[2 * UUID_SIZE_BYTES];
    memcpy(identity, maker->vendor.bytes, UUID_SIZE_BYTES);
    memcpy(identity + UUID_SIZE_BYTES, maker->device_class.bytes, UUID_SIZE_BYTES);
    sqlite_bind_bytes(statement, 4, identity, maker->has_identity ? sizeof identity : 0);
    return sqlite_run(store, statement, NULL);
}

struct maker_visit {
    void (*visit)(void *context, const struct maker_record *maker);
    void *context;
};

static struct error maker_take(sqlite3_stmt *row, void *context)
{
    const struct maker_visit *to = context;
    struct maker_record maker;
    maker = (struct maker_record){.root = sqlite_column_span(row, 1), .ca = sqlite_column_span(row, 2)};
    struct span identity = sqlite_column_span(row, 3);
    maker.has_identity = identity.size == 2 * UUID_SIZE_BYTES;
    if (maker.has_identity) {
        memcpy(maker.vendor.bytes, identity.data, UUID_SIZE_BYTES);
        memcpy(maker.device_class.bytes, identity.data + UUID_SIZE_BYTES, UUID_SIZE_BYTES);
    }
    if (!sqlite_column_into(row, 0, maker.root_digest.bytes, sizeof maker.root_digest.bytes)) {
        return ERROR(STORE, IO);
    }
    to->visit(to->context, &maker);
    return ERROR_NONE;
}

struct error store_maker_list(struct store *store, void (*visit)(void *context, const struct maker_record *maker),
                              void *context)
{
    sqlite3_stmt *statement = sqlite_statement(store, SQLITE_MAKER_LIST_STATEMENT);
    return sqlite_each(store, statement, maker_take, &(struct maker_visit){visit, context});
}

struct error store_release_add(struct store *store, const struct release_record *release)
{
    sqlite3_stmt *statement = sqlite_statement(store, SQLITE_RELEASE_ADD_STATEMENT);
    sqlite_bind_number(statement, 1, (uint64_t)release->component);
    sqlite_bind_number(statement, 2, release->sequence);
    sqlite_bind_bytes(statement, 3, release->digest.bytes, sizeof release->digest.bytes);
    sqlite_bind_bytes(statement, 4, release->authority.bytes, sizeof release->authority.bytes);
    sqlite_bind_string(statement, 5, release->version);
    sqlite_bind_number(statement, 6, release->added_s);
    sqlite_bind_bytes(statement, 7, release->manifest.data, release->manifest.size);
    return sqlite_run(store, statement, NULL);
}

static struct error release_from_row(sqlite3_stmt *row, struct release_record *out)
{
    *out = (struct release_record){
        .component = (enum component)sqlite_column_number(row, 0),
        .sequence = (uint32_t)sqlite_column_number(row, 1),
        .added_s = sqlite_column_number(row, 5),
        .manifest = sqlite_column_span(row, 6),
    };
    sqlite_column_string(row, 4, out->version, sizeof out->version);
    bool ok = sqlite_column_into(row, 2, out->digest.bytes, sizeof out->digest.bytes) &&
              sqlite_column_into(row, 3, out->authority.bytes, sizeof out->authority.bytes);
    return ok ? ERROR_NONE : ERROR(STORE, IO);
}

struct error store_release_find(struct store *store, const struct measurement *measurement, struct release_record *out)
{
    sqlite3_stmt *statement = sqlite_statement(store, SQLITE_RELEASE_FIND_STATEMENT);
    sqlite_bind_number(statement, 1, (uint64_t)measurement->component);
    sqlite_bind_bytes(statement, 2, measurement->digest.bytes, sizeof measurement->digest.bytes);
    sqlite_bind_number(statement, 3, measurement->sequence);
    sqlite_bind_bytes(statement, 4, measurement->authority.bytes, sizeof measurement->authority.bytes);
    bool is_row = false;
    TRY(sqlite_next(store, statement, &is_row));
    if (!is_row) {
        return ERROR(STORE, NOT_FOUND);
    }
    struct error error = release_from_row(statement, out);
    out->manifest = SPAN_EMPTY;
    sqlite_end(statement);
    return error;
}

struct release_visit {
    void (*visit)(void *context, const struct release_record *release);
    void *context;
};

static struct error release_take(sqlite3_stmt *row, void *context)
{
    const struct release_visit *to = context;
    struct release_record release;
    TRY(release_from_row(row, &release));
    to->visit(to->context, &release);
    return ERROR_NONE;
}

struct error store_release_list(struct store *store,
                                void (*visit)(void *context, const struct release_record *release), void *context)
{
    sqlite3_stmt *statement = sqlite_statement(store, SQLITE_RELEASE_LIST_STATEMENT);
    return sqlite_each(store, statement, release_take, &(struct release_visit){visit, context});
}

struct error store_operator_add(struct store *store, const struct operator_record *record)
{
    sqlite3_stmt *statement = sqlite_statement(store, SQLITE_OPERATOR_ADD_STATEMENT);
    sqlite_bind_string(statement, 1, record->name);
    sqlite_bind_number(statement, 2, (uint64_t)record->role);
    sqlite_bind_bytes(statement, 3, record->certificate_digest.bytes, sizeof record->certificate_digest.bytes);
    sqlite_bind_number(statement, 4, record->added_s);
    int changed_count = 0;
    TRY(sqlite_run(store, statement, &changed_count));
    return changed_count == 1 ? ERROR_NONE : ERROR(STORE, CONFLICT);
}

static struct error operator_from_row(sqlite3_stmt *row, struct operator_record *out)
{
    *out = (struct operator_record){
        .role = (enum operator_role)sqlite_column_number(row, 1),
        .added_s = sqlite_column_number(row, 3),
    };
    sqlite_column_string(row, 0, out->name, sizeof out->name);
    bool ok = sqlite_column_into(row, 2, out->certificate_digest.bytes, sizeof out->certificate_digest.bytes) &&
              out->role >= ROLE_VIEWER && out->role <= ROLE_ADMIN;
    return ok ? ERROR_NONE : ERROR(STORE, IO);
}

struct error store_operator_find(struct store *store, const struct sha256_digest *certificate_digest,
                                 struct operator_record *out)
{
    sqlite3_stmt *statement = sqlite_statement(store, SQLITE_OPERATOR_FIND_STATEMENT);
    sqlite_bind_bytes(statement, 1, certificate_digest->bytes, sizeof certificate_digest->bytes);
    bool is_row = false;
    TRY(sqlite_next(store, statement, &is_row));
    if (!is_row) {
        return ERROR(STORE, NOT_FOUND);
    }
    struct error error = operator_from_row(statement, out);
    sqlite_end(statement);
    return error;
}

struct operator_visit {
    void (*visit)(void *context, const struct operator_record *operator);
    void *context;
};

static struct error operator_take(sqlite3_stmt *row, void *context)
{
    const struct operator_visit *to = context;
    struct operator_record operator;
    TRY(operator_from_row(row, &operator));
    to->visit(to->context, &operator);
    return ERROR_NONE;
}

struct error store_operator_list(struct store *store,
                                 void (*visit)(void *context, const struct operator_record *record), void *context)
{
    sqlite3_stmt *statement = sqlite_statement(store, SQLITE_OPERATOR_LIST_STATEMENT);
    return sqlite_each(store, statement, operator_take, &(struct operator_visit){visit, context});
}

struct error store_command_is_used(struct store *store, const struct sha256_digest *certificate_digest,
                                   struct span nonce, bool *out)
{
    sqlite3_stmt *statement = sqlite_statement(store, SQLITE_COMMAND_FIND_STATEMENT);
    sqlite_bind_bytes(statement, 1, certificate_digest->bytes, sizeof certificate_digest->bytes);
    sqlite_bind_bytes(statement, 2, nonce.data, nonce.size);
    bool is_row = false;
    TRY(sqlite_next(store, statement, &is_row));
    if (is_row) {
        sqlite_end(statement);
    }
    *out = is_row;
    return ERROR_NONE;
}

struct error store_command_use(struct store *store, const struct sha256_digest *certificate_digest, struct span nonce,
                               uint64_t now_s, uint64_t expires_s)
{
    sqlite3_stmt *statement = sqlite_statement(store, SQLITE_COMMAND_TRIM_STATEMENT);
    sqlite_bind_number(statement, 1, now_s);
    TRY(sqlite_run(store, statement, NULL));
    statement = sqlite_statement(store, SQLITE_COMMAND_ADD_STATEMENT);
    sqlite_bind_bytes(statement, 1, certificate_digest->bytes, sizeof certificate_digest->bytes);
    sqlite_bind_bytes(statement, 2, nonce.data, nonce.size);
    sqlite_bind_number(statement, 3, expires_s);
    return sqlite_run(store, statement, NULL);
}

struct error store_counter_add(struct store *store, const char *name, uint64_t amount)
{
    sqlite3_stmt *statement = sqlite_statement(store, SQLITE_COUNTER_ADD_STATEMENT);
    sqlite_bind_string(statement, 1, name);
    sqlite_bind_number(statement, 2, amount);
    return sqlite_run(store, statement, NULL);
}

struct counter_visit {
    void (*visit)(void *context, const struct counter_record *counter);
    void *context;
};

static struct error counter_take(sqlite3_stmt *row, void *context)
{
    const struct counter_visit *to = context;
    struct counter_record counter;
    counter = (struct counter_record){.value = sqlite_column_number(row, 1)};
    sqlite_column_string(row, 0, counter.name, sizeof counter.name);
    to->visit(to->context, &counter);
    return ERROR_NONE;
}

struct error store_counter_list(struct store *store,
                                void (*visit)(void *context, const struct counter_record *counter), void *context)
{
    sqlite3_stmt *statement = sqlite_statement(store, SQLITE_COUNTER_LIST_STATEMENT);
    return sqlite_each(store, statement, counter_take, &(struct counter_visit){visit, context});
}
