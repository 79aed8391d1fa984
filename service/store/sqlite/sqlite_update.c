/* Images. */
#include "service/store/sqlite/sqlite_internal.h"

struct error store_image_add(struct store *store, const struct image_record *image)
{
    sqlite3_stmt *statement = sqlite_statement(store, SQLITE_IMAGE_ADD_STATEMENT);
    sqlite_bind_bytes(statement, 1, image->file_digest.bytes, sizeof image->file_digest.bytes);
    sqlite_bind_number(statement, 2, image->file_size_bytes);
    sqlite_bind_number(statement, 3, (uint64_t)image->component);
    sqlite_bind_number(statement, 4, image->sequence);
    sqlite_bind_bytes(statement, 5, image->digest.bytes, sizeof image->digest.bytes);
    sqlite_bind_bytes(statement, 6, image->authority.bytes, sizeof image->authority.bytes);
    sqlite_bind_number(statement, 7, image->added_s);
    sqlite_bind_bytes(statement, 8, image->keyset_root.bytes, sizeof image->keyset_root.bytes);
    sqlite_bind_number(statement, 9, image->keyset_generation);
    return sqlite_run(store, statement, NULL);
}

static struct error image_from_row(sqlite3_stmt *row, struct image_record *out)
{
    struct image_record image = {
        .file_size_bytes = (uint32_t)sqlite_column_number(row, 1),
        .component = (enum component)sqlite_column_number(row, 2),
        .sequence = (uint32_t)sqlite_column_number(row, 3),
        .added_s = sqlite_column_number(row, 6),
        .keyset_generation = (uint32_t)sqlite_column_number(row, 8),
    };
    bool ok = sqlite_column_into(row, 0, image.file_digest.bytes, sizeof image.file_digest.bytes) &&
              sqlite_column_into(row, 4, image.digest.bytes, sizeof image.digest.bytes) &&
              sqlite_column_into(row, 5, image.authority.bytes, sizeof image.authority.bytes) &&
              sqlite_column_into(row, 7, image.keyset_root.bytes, sizeof image.keyset_root.bytes);
    if (ok) {
        *out = image;
    }
    return ok ? ERROR_NONE : ERROR(STORE, IO);
}

static struct error image_read(sqlite3_stmt *row, void *context)
{
    return image_from_row(row, context);
}

struct error store_image_find(struct store *store, enum component component, uint32_t sequence,
                              struct image_record *out)
{
    sqlite3_stmt *statement = sqlite_statement(store, SQLITE_IMAGE_FIND_STATEMENT);
    sqlite_bind_number(statement, 1, (uint64_t)component);
    sqlite_bind_number(statement, 2, sequence);
    return sqlite_one(store, statement, image_read, out);
}

struct error store_image_load(struct store *store, const struct sha256_digest *file_digest, struct image_record *out)
{
    sqlite3_stmt *statement = sqlite_statement(store, SQLITE_IMAGE_LOAD_STATEMENT);
    sqlite_bind_bytes(statement, 1, file_digest->bytes, sizeof file_digest->bytes);
    return sqlite_one(store, statement, image_read, out);
}

struct error store_image_needs(struct store *store, const struct image_record *image, struct image_needs *out)
{
    sqlite3_stmt *rollouts = sqlite_statement(store, SQLITE_IMAGE_ROLLOUTS_STATEMENT);
    sqlite3_stmt *devices = sqlite_statement(store, SQLITE_IMAGE_DEVICES_STATEMENT);
    sqlite_bind_bytes(rollouts, 1, image->file_digest.bytes, sizeof image->file_digest.bytes);
    TRY(sqlite_number(store, rollouts, &out->rollout_count));
    sqlite_bind_bytes(devices, 1, image->digest.bytes, sizeof image->digest.bytes);
    return sqlite_number(store, devices, &out->device_count);
}

struct error store_image_delete(struct store *store, const struct sha256_digest *file_digest)
{
    sqlite3_stmt *statement = sqlite_statement(store, SQLITE_IMAGE_DELETE_STATEMENT);
    sqlite_bind_bytes(statement, 1, file_digest->bytes, sizeof file_digest->bytes);
    int changed_count = 0;
    TRY(sqlite_run(store, statement, &changed_count));
    return changed_count == 1 ? ERROR_NONE : ERROR(STORE, NOT_FOUND);
}

struct image_visit {
    void (*visit)(void *context, const struct image_record *image);
    void *context;
};

static struct error image_take(sqlite3_stmt *row, void *context)
{
    const struct image_visit *to = context;
    struct image_record image;
    TRY(image_from_row(row, &image));
    to->visit(to->context, &image);
    return ERROR_NONE;
}

struct error store_image_list(struct store *store, void (*visit)(void *context, const struct image_record *image),
                              void *context)
{
    sqlite3_stmt *statement = sqlite_statement(store, SQLITE_IMAGE_LIST_STATEMENT);
    return sqlite_each(store, statement, image_take, &(struct image_visit){visit, context});
}
