/* Key sets. */
#include <string.h>

#include "service/store/sqlite/sqlite_internal.h"

struct error store_keyset_put(struct store *store, enum keyset_kind kind, const struct sha256_digest *root,
                              uint32_t generation, struct span encoded)
{
    sqlite3_stmt *statement = sqlite_statement(store, SQLITE_KEYSET_PUT_STATEMENT);
    sqlite_bind_number(statement, 1, (uint64_t)kind);
    sqlite_bind_bytes(statement, 2, root->bytes, sizeof root->bytes);
    sqlite_bind_number(statement, 3, generation);
    sqlite_bind_bytes(statement, 4, encoded.data, encoded.size);
    return sqlite_run(store, statement, NULL);
}

struct keyset_found {
    uint32_t *generation;
    struct buffer *encoded;
};

static struct error take_found(sqlite3_stmt *row, void *context)
{
    const struct keyset_found *found = context;
    struct span encoded = sqlite_column_span(row, 1);
    if (encoded.size > found->encoded->capacity) {
        return ERROR(STORE, IO);
    }
    *found->generation = (uint32_t)sqlite_column_number(row, 0);
    memcpy(found->encoded->data, encoded.data, encoded.size);
    found->encoded->size = encoded.size;
    return ERROR_NONE;
}

struct error store_keyset_find(struct store *store, enum keyset_kind kind, const struct sha256_digest *root,
                               uint32_t *generation, struct buffer *encoded)
{
    sqlite3_stmt *statement = sqlite_statement(store, SQLITE_KEYSET_FIND_STATEMENT);
    sqlite_bind_number(statement, 1, (uint64_t)kind);
    sqlite_bind_bytes(statement, 2, root->bytes, sizeof root->bytes);
    return sqlite_one(store, statement, take_found, &(struct keyset_found){generation, encoded});
}

struct keyset_visit {
    void (*visit)(void *context, enum keyset_kind kind, const struct sha256_digest *root, uint32_t generation);
    void *context;
};

static struct error keyset_take(sqlite3_stmt *row, void *context)
{
    const struct keyset_visit *to = context;
    struct sha256_digest root;
    uint64_t kind = sqlite_column_number(row, 0);
    if (kind < KEYSET_RELEASE || kind > KEYSET_CONTROL || !sqlite_column_into(row, 1, root.bytes, sizeof root.bytes)) {
        return ERROR(STORE, IO);
    }
    to->visit(to->context, (enum keyset_kind)kind, &root, (uint32_t)sqlite_column_number(row, 2));
    return ERROR_NONE;
}

struct error store_keyset_list(struct store *store,
                               void (*visit)(void *context, enum keyset_kind kind, const struct sha256_digest *root,
                                             uint32_t generation),
                               void *context)
{
    sqlite3_stmt *statement = sqlite_statement(store, SQLITE_KEYSET_LIST_STATEMENT);
    return sqlite_each(store, statement, keyset_take, &(struct keyset_visit){visit, context});
}
