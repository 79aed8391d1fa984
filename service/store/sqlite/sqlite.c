/* Opening, schema, transactions and the helpers of the other files. */
#include "service/store/sqlite/sqlite_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BUSY_TIMEOUT_MS 5000

static const char schema_first[] =
    "CREATE TABLE device (ueid BLOB PRIMARY KEY, version INTEGER NOT NULL, batch TEXT NOT NULL,"
    " attestation_key BLOB NOT NULL, monitor_digest BLOB NOT NULL, monitor_sequence INTEGER NOT NULL,"
    " attestation_epoch INTEGER NOT NULL, debug INTEGER NOT NULL, epoch INTEGER NOT NULL, boot INTEGER NOT NULL,"
    " sequence INTEGER NOT NULL, challenge_origin INTEGER NOT NULL, challenge BLOB NOT NULL,"
    " operational_key BLOB NOT NULL, serial BLOB NOT NULL, not_before INTEGER NOT NULL, not_after INTEGER NOT NULL,"
    " first_seen INTEGER NOT NULL, last_seen INTEGER NOT NULL, last_accepted INTEGER NOT NULL,"
    " last_code INTEGER NOT NULL, uptime INTEGER NOT NULL, mode INTEGER NOT NULL, faults BLOB NOT NULL,"
    " measurements BLOB NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE decision (ueid BLOB NOT NULL, number INTEGER NOT NULL, time INTEGER NOT NULL, code INTEGER NOT NULL,"
    " epoch INTEGER NOT NULL, boot INTEGER NOT NULL, sequence INTEGER NOT NULL, digest BLOB NOT NULL,"
    " detail TEXT NOT NULL, PRIMARY KEY (ueid, number)) WITHOUT ROWID;"
    "CREATE TABLE voucher (number INTEGER PRIMARY KEY, kind INTEGER NOT NULL, subject BLOB NOT NULL,"
    " generation INTEGER NOT NULL, encoded BLOB NOT NULL, UNIQUE (kind, subject));"
    "CREATE TABLE maker (number INTEGER PRIMARY KEY, root_digest BLOB NOT NULL, root BLOB NOT NULL, ca BLOB NOT NULL,"
    " UNIQUE (root, ca));"
    "CREATE TABLE release (component INTEGER NOT NULL, digest BLOB NOT NULL, sequence INTEGER NOT NULL,"
    " authority BLOB NOT NULL, version TEXT NOT NULL, added INTEGER NOT NULL, manifest BLOB NOT NULL,"
    " PRIMARY KEY (component, digest, sequence, authority)) WITHOUT ROWID;"
    "CREATE TABLE operator (name TEXT PRIMARY KEY, role INTEGER NOT NULL, digest BLOB NOT NULL UNIQUE,"
    " added INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;";

/* What version 2 adds: images. */
static const char schema_images[] =
    "CREATE TABLE image (number INTEGER PRIMARY KEY, file_digest BLOB NOT NULL UNIQUE, size INTEGER NOT NULL,"
    " component INTEGER NOT NULL, sequence INTEGER NOT NULL, digest BLOB NOT NULL, authority BLOB NOT NULL,"
    " added INTEGER NOT NULL);";

/* What version 3 adds: nonces of operators' commands. */
static const char schema_commands[] =
    "CREATE TABLE command (operator BLOB NOT NULL, nonce BLOB NOT NULL, expires INTEGER NOT NULL,"
    " PRIMARY KEY (operator, nonce)) WITHOUT ROWID;"
    "CREATE INDEX command_expires ON command (expires);";

/* What version 4 adds: rollouts. */
static const char schema_rollouts[] =
    "CREATE TABLE rollout (number INTEGER PRIMARY KEY AUTOINCREMENT, component INTEGER NOT NULL,"
    " sequence INTEGER NOT NULL, digest BLOB NOT NULL, authority BLOB NOT NULL, file_digest BLOB NOT NULL,"
    " size INTEGER NOT NULL, percent INTEGER NOT NULL, rate INTEGER NOT NULL, failures_max INTEGER NOT NULL,"
    " failures_forgiven INTEGER NOT NULL, state INTEGER NOT NULL, started INTEGER NOT NULL);"
    "CREATE UNIQUE INDEX rollout_open ON rollout (component) WHERE state < 4;"
    "CREATE TABLE target (rollout INTEGER NOT NULL REFERENCES rollout, ueid BLOB NOT NULL, state INTEGER NOT NULL,"
    " epoch INTEGER NOT NULL, boot INTEGER NOT NULL, offered INTEGER NOT NULL, changed INTEGER NOT NULL,"
    " PRIMARY KEY (rollout, ueid)) WITHOUT ROWID;"
    "CREATE INDEX target_state ON target (rollout, state);"
    "CREATE INDEX target_offered ON target (rollout, offered);";

/* What a maker makes, vendor and class in one. */
static const char schema_maker_identity[] =
    "ALTER TABLE maker ADD COLUMN identity BLOB NOT NULL DEFAULT x'';";

/* Revocation and refresh. */
static const char schema_refresh[] =
    "CREATE TABLE revoked (ueid BLOB PRIMARY KEY, epoch_min INTEGER NOT NULL, reason INTEGER NOT NULL,"
    " quarantined INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE journal (one INTEGER PRIMARY KEY CHECK (one = 1), number INTEGER NOT NULL, link BLOB NOT NULL);"
    "CREATE TABLE refresh (number INTEGER PRIMARY KEY AUTOINCREMENT, state INTEGER NOT NULL, reason INTEGER NOT NULL,"
    " text TEXT NOT NULL, rate INTEGER NOT NULL, started INTEGER NOT NULL);"
    "CREATE TABLE refresh_target (refresh INTEGER NOT NULL REFERENCES refresh, ueid BLOB NOT NULL,"
    " stage INTEGER NOT NULL, epoch INTEGER NOT NULL DEFAULT 0, code INTEGER NOT NULL DEFAULT 0,"
    " waited INTEGER NOT NULL, ordered INTEGER NOT NULL DEFAULT 0, delivered INTEGER NOT NULL DEFAULT 0,"
    " proved INTEGER NOT NULL DEFAULT 0, done INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (refresh, ueid)) WITHOUT ROWID;"
    "CREATE UNIQUE INDEX refresh_target_open ON refresh_target (ueid) WHERE stage < 5;"
    "CREATE INDEX refresh_target_stage ON refresh_target (refresh, stage, ueid);"
    "CREATE INDEX refresh_target_ordered ON refresh_target (refresh, ordered);";

/* Groups, rings and windows of rollouts, what devices say about updates and key sets. */
static const char schema_groups[] =
    "CREATE TABLE membership (ueid BLOB PRIMARY KEY, name TEXT NOT NULL) WITHOUT ROWID;"
    "CREATE INDEX membership_name ON membership (name);"
    "ALTER TABLE rollout ADD COLUMN group_name TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE rollout ADD COLUMN rings BLOB NOT NULL DEFAULT x'';"
    "ALTER TABLE rollout ADD COLUMN ring_wait INTEGER NOT NULL DEFAULT 3600;"
    "ALTER TABLE rollout ADD COLUMN ring_opened INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE rollout ADD COLUMN success_min INTEGER NOT NULL DEFAULT 90;"
    "ALTER TABLE rollout ADD COLUMN window_start INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE rollout ADD COLUMN window_end INTEGER NOT NULL DEFAULT 0;"
    "DROP INDEX rollout_open;"
    "CREATE UNIQUE INDEX rollout_open ON rollout (component, group_name) WHERE state < 4;"
    "CREATE TABLE report (ueid BLOB NOT NULL, component INTEGER NOT NULL, sequence INTEGER NOT NULL,"
    " state INTEGER NOT NULL, code INTEGER NOT NULL, done INTEGER NOT NULL, since INTEGER NOT NULL,"
    " time INTEGER NOT NULL, PRIMARY KEY (ueid, component)) WITHOUT ROWID;"
    "ALTER TABLE device ADD COLUMN generations BLOB NOT NULL DEFAULT x'000000000000000000000000';";

/* The newest key set of each kind and root. */
static const char schema_keysets[] =
    "CREATE TABLE keyset (kind INTEGER NOT NULL, root BLOB NOT NULL, generation INTEGER NOT NULL,"
    " encoded BLOB NOT NULL, PRIMARY KEY (kind, root)) WITHOUT ROWID;";

/* Every check-in asks which components are rolled out at all. */
static const char schema_rollout_reach[] =
    "CREATE INDEX rollout_reach ON rollout (component, state);"
    /* And how far they are: counted as targets change, since counting them takes as long as there are devices. */
    "CREATE TABLE target_count (rollout INTEGER NOT NULL, state INTEGER NOT NULL, count INTEGER NOT NULL,"
    " PRIMARY KEY (rollout, state)) WITHOUT ROWID;"
    "INSERT INTO target_count SELECT rollout, state, count(*) FROM target GROUP BY rollout, state;"
    "CREATE TRIGGER target_inserted AFTER INSERT ON target BEGIN"
    " INSERT INTO target_count VALUES (new.rollout, new.state, 1)"
    " ON CONFLICT (rollout, state) DO UPDATE SET count = count + 1; END;"
    "CREATE TRIGGER target_deleted AFTER DELETE ON target BEGIN"
    " UPDATE target_count SET count = count - 1 WHERE rollout = old.rollout AND state = old.state; END;"
    "CREATE TRIGGER target_updated AFTER UPDATE OF state ON target WHEN old.state != new.state BEGIN"
    " UPDATE target_count SET count = count - 1 WHERE rollout = old.rollout AND state = old.state;"
    " INSERT INTO target_count VALUES (new.rollout, new.state, 1)"
    " ON CONFLICT (rollout, state) DO UPDATE SET count = count + 1; END;";

/* Failures that devices report. */
static const char schema_failures[] =
    "CREATE TABLE failure_log (ueid BLOB PRIMARY KEY, log INTEGER NOT NULL, number INTEGER NOT NULL,"
    " lost INTEGER NOT NULL, overflow INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE failure (number INTEGER PRIMARY KEY AUTOINCREMENT, digest BLOB NOT NULL, kind INTEGER NOT NULL,"
    " compartment INTEGER NOT NULL, cause INTEGER NOT NULL, pc INTEGER NOT NULL, component INTEGER NOT NULL,"
    " sequence INTEGER NOT NULL, name TEXT NOT NULL, looked_up INTEGER NOT NULL DEFAULT 0,"
    " symbol TEXT NOT NULL DEFAULT '', place TEXT NOT NULL DEFAULT '',"
    " UNIQUE (digest, kind, compartment, cause, pc));"
    "CREATE INDEX failure_looked_up ON failure (looked_up);"
    "CREATE TABLE failure_device (failure INTEGER NOT NULL REFERENCES failure, ueid BLOB NOT NULL,"
    " count INTEGER NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL, boot INTEGER NOT NULL,"
    " uptime INTEGER NOT NULL, lr INTEGER NOT NULL, address INTEGER NOT NULL, PRIMARY KEY (failure, ueid)) WITHOUT ROWID;"
    "CREATE INDEX failure_device_ueid ON failure_device (ueid);"
    "CREATE TABLE elf (image BLOB NOT NULL, elf BLOB NOT NULL, PRIMARY KEY (image, elf)) WITHOUT ROWID;";

/* Alerts. */
static const char schema_alerts[] =
    "CREATE TABLE alert (ueid BLOB NOT NULL, rule INTEGER NOT NULL, action INTEGER NOT NULL, first INTEGER NOT NULL,"
    " last INTEGER NOT NULL, count INTEGER NOT NULL, sentence TEXT NOT NULL, PRIMARY KEY (ueid, rule)) WITHOUT ROWID;"
    "CREATE INDEX alert_last ON alert (last);";

/* Of the network, in the device's own words. */
static const char schema_endpoints[] = "ALTER TABLE device ADD COLUMN endpoints BLOB NOT NULL DEFAULT x'';";

/* Under which key set an image was signed. */
static const char schema_image_keysets[] =
    "ALTER TABLE image ADD COLUMN keyset_root BLOB NOT NULL"
    " DEFAULT x'0000000000000000000000000000000000000000000000000000000000000000';"
    "ALTER TABLE image ADD COLUMN keyset_generation INTEGER NOT NULL DEFAULT 0;";

/* The step from each version to the next; an empty database has version 0. */
static const char *const schema_steps[] = {schema_first, schema_images, schema_commands, schema_rollouts,
                                           schema_maker_identity, schema_groups, schema_refresh, schema_keysets,
                                           schema_rollout_reach, schema_failures, schema_alerts, schema_endpoints,
                                           schema_image_keysets};
#define SCHEMA_VERSION ((int)(sizeof schema_steps / sizeof schema_steps[0]))

static const char *const statement_texts[SQLITE_STATEMENT_COUNT] = {
#define SQLITE_STATEMENT_TEXT(name, text) text,
    SQLITE_STATEMENTS(SQLITE_STATEMENT_TEXT)
#undef SQLITE_STATEMENT_TEXT
};

static struct error execute(struct store *store, const char *text)
{
    return sqlite3_exec(store->database, text, NULL, NULL, NULL) == SQLITE_OK ? ERROR_NONE : ERROR(STORE, IO);
}

static int schema_version(struct store *store)
{
    sqlite3_stmt *statement = NULL;
    int version = -1;
    if (sqlite3_prepare_v2(store->database, "PRAGMA user_version", -1, &statement, NULL) == SQLITE_OK &&
        sqlite3_step(statement) == SQLITE_ROW) {
        version = sqlite3_column_int(statement, 0);
    }
    sqlite3_finalize(statement);
    return version;
}

/* Two processes may open a new database at once: the schema is made inside a transaction, by whoever comes first. */
static struct error schema_make(struct store *store)
{
    TRY(execute(store, "BEGIN IMMEDIATE"));
    struct error error = ERROR_NONE;
    for (int version = schema_version(store); version >= 0 && version < SCHEMA_VERSION && error_is_none(error);
         version++) {
        char next[48];
        snprintf(next, sizeof next, "PRAGMA user_version = %d", version + 1);
        error = execute(store, schema_steps[version]);
        error = error_is_none(error) ? execute(store, next) : error;
    }
    if (error_is_none(error) && schema_version(store) != SCHEMA_VERSION) {
        error = ERROR(STORE, VERSION);
    }
    if (!error_is_none(error)) {
        (void)sqlite3_exec(store->database, "ROLLBACK", NULL, NULL, NULL);
        return error;
    }
    return execute(store, "COMMIT");
}

static struct error store_prepare(struct store *store)
{
    sqlite3_busy_timeout(store->database, BUSY_TIMEOUT_MS);
    /* Full sync: an answer is given only after a commit, and a commit must survive a power cut. */
    TRY(execute(store, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 4000;"
                       "PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF"));
    TRY(schema_make(store));
    for (int index = 0; index < SQLITE_STATEMENT_COUNT; index++) {
        if (sqlite3_prepare_v3(store->database, statement_texts[index], -1, SQLITE_PREPARE_PERSISTENT,
                               &store->statements[index], NULL) != SQLITE_OK) {
            return ERROR(STORE, IO);
        }
    }
    return ERROR_NONE;
}

struct error store_open(const char *location, struct store **out)
{
    struct store *store = calloc(1, sizeof *store);
    if (store == NULL) {
        return ERROR(STORE, IO);
    }
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE;
    struct error error =
        sqlite3_open_v2(location, &store->database, flags, NULL) == SQLITE_OK ? store_prepare(store) : ERROR(STORE, IO);
    if (!error_is_none(error)) {
        if (error_is(error, ERROR_CODE_STORE_IO)) {
            fprintf(stderr, "store: %s: %s\n", location, store_message(store));
        }
        store_close(store);
        return error;
    }
    *out = store;
    return ERROR_NONE;
}

void store_close(struct store *store)
{
    if (store == NULL) {
        return;
    }
    for (int index = 0; index < SQLITE_STATEMENT_COUNT; index++) {
        sqlite3_finalize(store->statements[index]);
    }
    sqlite3_close(store->database);
    free(store);
}

const char *store_message(const struct store *store)
{
    return store->database == NULL ? "out of memory" : sqlite3_errmsg(store->database);
}

struct error store_begin(struct store *store)
{
    return sqlite_run(store, sqlite_statement(store, SQLITE_BEGIN_STATEMENT), NULL);
}

struct error store_commit(struct store *store)
{
    return sqlite_run(store, sqlite_statement(store, SQLITE_COMMIT_STATEMENT), NULL);
}

void store_rollback(struct store *store)
{
    /* SQLite may have rolled back by itself already, after a full disk for example; then there is nothing to undo. */
    if (sqlite3_get_autocommit(store->database) == 0) {
        struct error error = sqlite_run(store, sqlite_statement(store, SQLITE_ROLLBACK_STATEMENT), NULL);
        (void)error;
    }
}

struct error store_savepoint(struct store *store)
{
    return sqlite_run(store, sqlite_statement(store, SQLITE_SAVEPOINT_STATEMENT), NULL);
}

struct error store_savepoint_release(struct store *store)
{
    return sqlite_run(store, sqlite_statement(store, SQLITE_SAVEPOINT_RELEASE_STATEMENT), NULL);
}

struct error store_savepoint_undo(struct store *store)
{
    TRY(sqlite_run(store, sqlite_statement(store, SQLITE_SAVEPOINT_UNDO_STATEMENT), NULL));
    return store_savepoint_release(store);
}

sqlite3_stmt *sqlite_statement(struct store *store, enum sqlite_statement statement)
{
    return store->statements[statement];
}

void sqlite_bind_bytes(sqlite3_stmt *statement, int index, const void *data, size_t size_bytes)
{
    /* A NULL pointer would bind NULL instead of an empty blob. */
    sqlite3_bind_blob64(statement, index, size_bytes == 0 ? "" : data, size_bytes, SQLITE_STATIC);
}

void sqlite_bind_string(sqlite3_stmt *statement, int index, const char *text)
{
    sqlite3_bind_text(statement, index, text, -1, SQLITE_STATIC);
}

void sqlite_bind_number(sqlite3_stmt *statement, int index, uint64_t value)
{
    sqlite3_bind_int64(statement, index, (sqlite3_int64)value);
}

void sqlite_end(sqlite3_stmt *statement)
{
    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
}

struct error sqlite_next(struct store *store, sqlite3_stmt *statement, bool *is_row)
{
    (void)store;
    int result = sqlite3_step(statement);
    *is_row = result == SQLITE_ROW;
    if (result == SQLITE_ROW) {
        return ERROR_NONE;
    }
    sqlite_end(statement);
    return result == SQLITE_DONE ? ERROR_NONE : ERROR(STORE, IO);
}

struct error sqlite_each(struct store *store, sqlite3_stmt *statement,
                         struct error (*take)(sqlite3_stmt *row, void *context), void *context)
{
    for (;;) {
        bool is_row = false;
        TRY(sqlite_next(store, statement, &is_row));
        if (!is_row) {
            return ERROR_NONE;
        }
        struct error error = take(statement, context);
        if (!error_is_none(error)) {
            sqlite_end(statement);
            return error;
        }
    }
}

struct error sqlite_one(struct store *store, sqlite3_stmt *statement,
                        struct error (*take)(sqlite3_stmt *row, void *context), void *context)
{
    bool is_row = false;
    TRY(sqlite_next(store, statement, &is_row));
    if (!is_row) {
        return ERROR(STORE, NOT_FOUND);
    }
    struct error error = take(statement, context);
    sqlite_end(statement);
    return error;
}

static struct error take_number(sqlite3_stmt *row, void *context)
{
    *(uint64_t *)context = sqlite_column_number(row, 0);
    return ERROR_NONE;
}

struct error sqlite_number(struct store *store, sqlite3_stmt *statement, uint64_t *out)
{
    return sqlite_one(store, statement, take_number, out);
}

struct error sqlite_run(struct store *store, sqlite3_stmt *statement, int *changed_count)
{
    bool is_row = false;
    TRY(sqlite_next(store, statement, &is_row));
    if (is_row) {
        sqlite_end(statement);
    }
    if (changed_count != NULL) {
        *changed_count = sqlite3_changes(store->database);
    }
    return ERROR_NONE;
}

bool sqlite_column_into(sqlite3_stmt *statement, int column, void *out, size_t size_bytes)
{
    struct span bytes = sqlite_column_span(statement, column);
    if (bytes.size != size_bytes) {
        return false;
    }
    memcpy(out, bytes.data, size_bytes);
    return true;
}

struct span sqlite_column_span(sqlite3_stmt *statement, int column)
{
    const void *data = sqlite3_column_blob(statement, column);
    return span_of(data, (size_t)sqlite3_column_bytes(statement, column));
}

uint64_t sqlite_column_number(sqlite3_stmt *statement, int column)
{
    return (uint64_t)sqlite3_column_int64(statement, column);
}

void sqlite_column_string(sqlite3_stmt *statement, int column, char *out, size_t capacity)
{
    const unsigned char *text = sqlite3_column_text(statement, column);
    snprintf(out, capacity, "%s", text == NULL ? "" : (const char *)text);
}
