/* Shared by the files of the SQLite backend; nobody else includes it. */
#ifndef SERVICE_STORE_SQLITE_SQLITE_INTERNAL_H
#define SERVICE_STORE_SQLITE_SQLITE_INTERNAL_H

#include <sqlite3.h>

#include "service/store/store.h"

/* Every statement, prepared once at opening. */
#define SQLITE_STATEMENTS(X)                                                                                         \
    X(BEGIN, "BEGIN IMMEDIATE")                                                                                      \
    X(COMMIT, "COMMIT")                                                                                              \
    X(ROLLBACK, "ROLLBACK")                                                                                          \
    X(SAVEPOINT, "SAVEPOINT one")                                                                                    \
    X(SAVEPOINT_RELEASE, "RELEASE one")                                                                              \
    X(SAVEPOINT_UNDO, "ROLLBACK TO one")                                                                             \
    X(DEVICE_LOAD, "SELECT " SQLITE_DEVICE_COLUMNS " FROM device WHERE ueid = ?1")                                   \
    X(DEVICE_INSERT, "INSERT INTO device (" SQLITE_DEVICE_COLUMNS ") VALUES (" SQLITE_DEVICE_PARAMETERS ")"          \
                     " ON CONFLICT DO NOTHING")                                                                      \
    X(DEVICE_UPDATE, "UPDATE device SET (" SQLITE_DEVICE_VALUE_COLUMNS ") = (" SQLITE_DEVICE_VALUE_PARAMETERS ")"    \
                     " WHERE ueid = ?1 AND version = ?2 - 1")                                                        \
    X(DEVICE_LIST, "SELECT " SQLITE_DEVICE_COLUMNS " FROM device WHERE ueid > ?1 ORDER BY ueid LIMIT ?2")            \
    X(DEVICE_COUNT, "SELECT count(*) FROM device")                                                                   \
    X(DECISION_LAST, "SELECT number FROM decision WHERE ueid = ?1 ORDER BY number DESC LIMIT 1")                     \
    X(DECISION_ADD, "INSERT INTO decision (ueid, number, time, code, epoch, boot, sequence, digest, detail)"         \
                    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)")                                                  \
    X(DECISION_TRIM, "DELETE FROM decision WHERE ueid = ?1 AND number <= ?2")                                        \
    X(DECISION_LIST, "SELECT number, time, code, epoch, boot, sequence, digest, detail FROM decision"                \
                     " WHERE ueid = ?1 ORDER BY number DESC LIMIT ?2")                                               \
    X(VOUCHER_ADD, "INSERT INTO voucher (kind, subject, generation, encoded) VALUES (?1, ?2, ?3, ?4)"                \
                   " ON CONFLICT (kind, subject) DO UPDATE SET generation = excluded.generation,"                    \
                   " encoded = excluded.encoded, number = (SELECT max(number) + 1 FROM voucher)"                     \
                   " WHERE excluded.generation > generation")                                                        \
    X(VOUCHER_FIND, "SELECT encoded FROM voucher WHERE kind = ?1 AND subject = ?2")                                  \
    X(VOUCHER_ANY_BATCH, "SELECT encoded FROM voucher WHERE kind = 2 ORDER BY number DESC LIMIT 1")                  \
    X(VOUCHER_LIST, "SELECT encoded FROM voucher ORDER BY number")                                                   \
    X(MAKER_ADD, "INSERT INTO maker (root_digest, root, ca, identity) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO UPDATE"   \
                 " SET identity = excluded.identity WHERE length(excluded.identity) > 0")                            \
    X(MAKER_LIST, "SELECT root_digest, root, ca, identity FROM maker ORDER BY number")                               \
    X(RELEASE_ADD, "INSERT INTO release (component, sequence, digest, authority, version, added, manifest)"          \
                   " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO NOTHING")                                    \
    X(RELEASE_FIND, "SELECT component, sequence, digest, authority, version, added, x'' FROM release"                \
                    " WHERE component = ?1 AND digest = ?2 AND sequence = ?3 AND authority = ?4")                    \
    X(RELEASE_LIST, "SELECT component, sequence, digest, authority, version, added, manifest FROM release"           \
                    " ORDER BY component, sequence, added")                                                          \
    X(KEYSET_PUT, "INSERT INTO keyset (kind, root, generation, encoded) VALUES (?1, ?2, ?3, ?4)"                     \
                  " ON CONFLICT DO UPDATE SET generation = excluded.generation, encoded = excluded.encoded")         \
    X(KEYSET_FIND, "SELECT generation, encoded FROM keyset WHERE kind = ?1 AND root = ?2")                           \
    X(KEYSET_LIST, "SELECT kind, root, generation FROM keyset ORDER BY kind, root")                                  \
    X(IMAGE_ADD, "INSERT INTO image (" SQLITE_IMAGE_COLUMNS ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)"           \
                 " ON CONFLICT DO NOTHING")                                                                          \
    X(IMAGE_FIND, "SELECT " SQLITE_IMAGE_COLUMNS " FROM image WHERE component = ?1 AND sequence = ?2"                \
                  " ORDER BY number DESC LIMIT 1")                                                                   \
    X(IMAGE_LOAD, "SELECT " SQLITE_IMAGE_COLUMNS " FROM image WHERE file_digest = ?1")                               \
    X(IMAGE_ROLLOUTS, "SELECT count(*) FROM rollout WHERE file_digest = ?1 AND state != 4")                          \
    X(IMAGE_DEVICES, "SELECT count(*) FROM device WHERE instr(measurements, ?1) > 0")                                \
    X(IMAGE_DELETE, "DELETE FROM image WHERE file_digest = ?1")                                                      \
    X(IMAGE_LIST, "SELECT " SQLITE_IMAGE_COLUMNS " FROM image ORDER BY component, sequence, number")                 \
    X(ROLLOUT_ADD, "INSERT INTO rollout (" SQLITE_ROLLOUT_COLUMNS ")"                                                \
                   " SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19"    \
                   " WHERE NOT EXISTS (SELECT 1 FROM rollout WHERE component = ?1 AND state < 4"                     \
                   " AND (group_name = '' OR ?13 = '' OR group_name = ?13))")                                        \
    X(ROLLOUT_LOAD, "SELECT " SQLITE_ROLLOUT_COLUMNS ", number FROM rollout WHERE number = ?1")                      \
    X(ROLLOUT_OPEN, "SELECT " SQLITE_ROLLOUT_COLUMNS ", number FROM rollout WHERE component = ?1 AND state < 4"      \
                    " AND group_name IN ('', ?2)")                                                                   \
    X(ROLLOUT_FINISHED, "SELECT " SQLITE_ROLLOUT_COLUMNS ", number FROM rollout WHERE component = ?1 AND state = 5"  \
                        " AND group_name IN ('', ?2) ORDER BY sequence DESC, number DESC LIMIT 1")                   \
    X(ROLLOUT_REACH, "SELECT DISTINCT component, state = 5 FROM rollout WHERE state != 4")                           \
    X(ROLLOUT_SAVE, "UPDATE rollout SET percent = ?2, failures_forgiven = ?3, state = ?4, ring_opened = ?5"          \
                    " WHERE number = ?1 AND (?4 >= 4 OR state < 4)")                                                 \
    X(ROLLOUT_LIST, "SELECT " SQLITE_ROLLOUT_COLUMNS ", number FROM rollout ORDER BY number DESC LIMIT ?1")          \
    X(TARGET_LOAD, "SELECT state, epoch, boot, offered, changed FROM target WHERE rollout = ?1 AND ueid = ?2")       \
    X(TARGET_LIST, "SELECT state, epoch, boot, offered, changed, ueid FROM target WHERE rollout = ?1"                \
                   " ORDER BY state != 3, state, ueid LIMIT ?2")                                                     \
    X(TARGET_SAVE, "INSERT INTO target (rollout, ueid, state, epoch, boot, offered, changed)"                        \
                   " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (rollout, ueid) DO UPDATE SET"                  \
                   " state = excluded.state, changed = excluded.changed")                                            \
    X(TARGET_COUNT, "SELECT total(count) FROM target_count WHERE rollout = ?1 AND ?2 IN (0, state)")                                 \
    X(TARGET_SINCE, "SELECT count(*) FROM target WHERE rollout = ?1 AND offered > ?2")                               \
    X(TARGET_FORGET, "DELETE FROM target WHERE rollout = ?1 AND state = 3 AND (?2 = 1 OR ueid = ?3)")                \
    X(TARGET_REPORTS, "SELECT report.state, count(*), sum(report.done) FROM target JOIN report"                      \
                      " ON report.ueid = target.ueid AND report.component = ?2 AND report.sequence = ?3"             \
                      " WHERE target.rollout = ?1 AND target.state = 1 GROUP BY report.state")                       \
    X(REPORT_SAVE, "INSERT INTO report (ueid, component, sequence, state, code, done, since, time)"                  \
                   " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7) ON CONFLICT (ueid, component) DO UPDATE SET"            \
                   " since = CASE WHEN (sequence, state, code) = (?3, ?4, ?5) THEN since ELSE ?7 END,"               \
                   " sequence = ?3, state = ?4, code = ?5, done = ?6, time = ?7")                                    \
    X(REPORT_LOAD, "SELECT sequence, state, code, done, since, time FROM report WHERE ueid = ?1 AND component = ?2") \
    X(GROUP_SET, "INSERT INTO membership (ueid, name) VALUES (?1, ?2) ON CONFLICT DO UPDATE SET name = excluded.name") \
    X(GROUP_LEAVE, "DELETE FROM membership WHERE ueid = ?1")                                                         \
    X(GROUP_OF, "SELECT name FROM membership WHERE ueid = ?1")                                                       \
    X(GROUP_LIST, "SELECT name, count(*) FROM membership GROUP BY name ORDER BY name")                               \
    X(OPERATOR_ADD, "INSERT INTO operator (name, role, digest, added) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING") \
    X(OPERATOR_FIND, "SELECT name, role, digest, added FROM operator WHERE digest = ?1")                             \
    X(OPERATOR_LIST, "SELECT name, role, digest, added FROM operator ORDER BY name")                                 \
    X(COMMAND_FIND, "SELECT 1 FROM command WHERE operator = ?1 AND nonce = ?2")                                      \
    X(COMMAND_ADD, "INSERT INTO command (operator, nonce, expires) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING")      \
    X(COMMAND_TRIM, "DELETE FROM command WHERE expires < ?1")                                                        \
    X(COUNTER_ADD, "INSERT INTO counter (name, value) VALUES (?1, ?2)"                                               \
                   " ON CONFLICT (name) DO UPDATE SET value = value + excluded.value")                               \
    X(COUNTER_LIST, "SELECT name, value FROM counter ORDER BY name")                                                 \
    X(FAILURE_LOG_LOAD, "SELECT log, number, lost, overflow FROM failure_log WHERE ueid = ?1")                       \
    X(FAILURE_LOG_SAVE, "INSERT INTO failure_log (ueid, log, number, lost, overflow) VALUES (?1, ?2, ?3, ?4, ?5)"    \
                        " ON CONFLICT DO UPDATE SET log = ?2, number = ?3, lost = ?4, overflow = ?5")                \
    X(FAILURE_ADD, "INSERT INTO failure (digest, kind, compartment, cause, pc, component, sequence, name)"           \
                   " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT DO NOTHING")                                \
    X(FAILURE_FIND, "SELECT number FROM failure"                                                                     \
                    " WHERE (digest, kind, compartment, cause, pc) = (?1, ?2, ?3, ?4, ?5)")                          \
    X(FAILURE_OTHERS, "SELECT count(*) FROM failure_device JOIN failure ON number = failure WHERE ueid = ?6"         \
                      " AND (digest, kind, compartment, cause, pc) != (?1, ?2, ?3, ?4, ?5)")                         \
    X(FAILURE_DEVICE_ADD, "INSERT INTO failure_device (failure, ueid, count, first, last, boot, uptime, lr, address)"\
                          " VALUES (?1, ?2, ?3, ?4, ?4, ?5, ?6, ?7, ?8) ON CONFLICT DO UPDATE SET"                   \
                          " count = count + ?3, last = ?4, boot = ?5, uptime = ?6, lr = ?7, address = ?8")           \
    X(FAILURE_LIST, "SELECT number, component, sequence, digest, kind, compartment, f.name, cause, pc, symbol, place,"\
                    " sum(d.count), count(*), min(d.first), max(d.last) FROM failure AS f"                           \
                    " JOIN failure_device AS d ON d.failure = number"                                                \
                    " LEFT JOIN membership AS m ON ?4 != '' AND m.ueid = d.ueid"                                     \
                    " WHERE (?1 = 0 OR number = ?1) AND (?2 = '' OR EXISTS (SELECT 1 FROM release AS r"              \
                    " WHERE r.component = f.component AND r.digest = f.digest AND r.version = ?2))"                  \
                    " AND (?3 = x'' OR d.ueid = ?3) AND (?4 = '' OR m.name = ?4)"                                    \
                    " GROUP BY number ORDER BY max(d.last) DESC, number DESC LIMIT ?5")                              \
    X(FAILURE_DEVICE_LIST, "SELECT ueid, count, first, last, boot, uptime, lr, address FROM failure_device"          \
                           " WHERE failure = ?1 ORDER BY last DESC, ueid LIMIT ?2")                                  \
    X(FAILURE_SHARE, "SELECT coalesce(m.name, ''), sum(d.count), count(*) FROM failure_device AS d"                  \
                     " LEFT JOIN membership AS m ON m.ueid = d.ueid WHERE d.failure = ?1 GROUP BY m.name ORDER BY 1")\
    X(ELF_ADD, "INSERT INTO elf (image, elf) SELECT ?1, ?2 WHERE (SELECT count(*) FROM elf WHERE image = ?1"         \
               " AND elf != ?2) < ?3 ON CONFLICT DO NOTHING")                                                        \
    X(ELF_COUNT, "SELECT count(*) FROM elf WHERE image = ?1 AND elf = ?2")                                           \
    X(ELF_LIST, "SELECT elf FROM elf WHERE image = ?1 ORDER BY elf LIMIT ?2")                                        \
    X(FAILURE_AGAIN, "UPDATE failure SET looked_up = 0 WHERE digest = ?1 AND place = '' AND symbol = ''")            \
    X(FAILURE_NEXT, "SELECT number FROM failure WHERE looked_up = 0 AND EXISTS (SELECT 1 FROM elf"                   \
                    " WHERE image = digest) ORDER BY number LIMIT 1")                                                \
    X(FAILURE_SYMBOL, "UPDATE failure SET looked_up = 1, symbol = ?2, place = ?3 WHERE number = ?1")                 \
    X(REVOKED_LOAD, "SELECT epoch_min, reason, quarantined FROM revoked WHERE ueid = ?1")                            \
    X(REVOKED_SAVE, "INSERT INTO revoked (ueid, epoch_min, reason, quarantined) VALUES (?1, ?2, ?3, ?4)"             \
                    " ON CONFLICT (ueid) DO UPDATE SET epoch_min = excluded.epoch_min, reason = excluded.reason,"    \
                    " quarantined = excluded.quarantined")                                                           \
    X(JOURNAL_LOAD, "SELECT number, link FROM journal")                                                              \
    X(JOURNAL_SAVE, "INSERT INTO journal (one, number, link) VALUES (1, ?1, ?2)"                                     \
                    " ON CONFLICT (one) DO UPDATE SET number = excluded.number, link = excluded.link")               \
    X(REFRESH_ADD, "INSERT INTO refresh (state, reason, text, rate, started) VALUES (?1, ?2, ?3, ?4, ?5)")           \
    X(REFRESH_LOAD, "SELECT " SQLITE_REFRESH_COLUMNS " FROM refresh WHERE number = ?1")                              \
    X(REFRESH_SAVE, "UPDATE refresh SET state = ?2 WHERE number = ?1")                                               \
    X(REFRESH_LIST, "SELECT " SQLITE_REFRESH_COLUMNS " FROM refresh ORDER BY number DESC LIMIT ?1")                  \
    X(REFRESH_WAITING_LIST, "SELECT " SQLITE_REFRESH_COLUMNS " FROM refresh WHERE state = 1 AND EXISTS (SELECT 1"    \
                            " FROM refresh_target WHERE refresh = number AND stage = 1) ORDER BY number LIMIT ?1")   \
    X(REFRESH_TARGET_ADD, "INSERT INTO refresh_target (refresh, ueid, stage, waited)"                                \
                          " SELECT ?1, ueid, 1, ?2 FROM device AS d WHERE (?3 = x'' OR ueid = ?3)"                   \
                          " AND (?4 = '' OR EXISTS (SELECT 1 FROM membership AS m WHERE m.ueid = d.ueid"             \
                          " AND m.name = ?4)) AND NOT EXISTS"                                                        \
                          " (SELECT 1 FROM refresh_target AS t WHERE t.ueid = d.ueid AND t.stage < 5)")              \
    X(REFRESH_TARGET_LIST, "SELECT " SQLITE_REFRESH_TARGET_COLUMNS " FROM refresh_target WHERE refresh = ?1"         \
                           " AND (?2 = 0 OR stage = ?2) AND ueid > ?3 ORDER BY ueid LIMIT ?4")                       \
    X(REFRESH_TARGET_OPEN, "SELECT " SQLITE_REFRESH_TARGET_COLUMNS " FROM refresh_target"                            \
                           " WHERE ueid = ?1 AND stage < 5 AND stage > 1")                                           \
    X(REFRESH_TARGET_SAVE, "UPDATE refresh_target SET stage = ?3, epoch = ?4, code = ?5, waited = ?6, ordered = ?7," \
                           " delivered = ?8, proved = ?9, done = ?10 WHERE refresh = ?1 AND ueid = ?2")              \
    X(REFRESH_COUNT, "SELECT stage, count(*) FROM refresh_target WHERE refresh = ?1 GROUP BY stage")                 \
    X(REFRESH_SINCE, "SELECT count(*) FROM refresh_target WHERE refresh = ?1 AND ordered > ?2")                      \
    X(DECISION_COUNT, "SELECT count(*) FROM decision WHERE ueid = ?1 AND code = ?2 AND epoch = ?3 AND time > ?4")    \
    X(ALERT_ADD, "INSERT INTO alert (ueid, rule, action, first, last, count, sentence)"                              \
                 " VALUES (?1, ?2, ?3, ?4, ?4, 1, ?5) ON CONFLICT (ueid, rule) DO UPDATE SET"                        \
                 " action = excluded.action, last = excluded.last, count = count + 1, sentence = excluded.sentence") \
    X(ALERT_LIST, "SELECT ueid, rule, action, first, last, count, sentence FROM alert ORDER BY last DESC, ueid"      \
                  " LIMIT ?1")                                                                                       \
    X(REFRESH_DROP, "DELETE FROM refresh_target WHERE refresh = ?1 AND stage = 1")

#define SQLITE_REFRESH_COLUMNS "number, state, reason, text, rate, started"
#define SQLITE_REFRESH_TARGET_COLUMNS                                                                                \
    "refresh, ueid, stage, epoch, code, waited, ordered, delivered, proved, done"

#define SQLITE_ROLLOUT_COLUMNS                                                                                       \
    "component, sequence, digest, authority, file_digest, size, percent, rate, failures_max, failures_forgiven, state," \
    " started, group_name, rings, ring_wait, ring_opened, success_min, window_start, window_end"
#define SQLITE_IMAGE_COLUMNS "file_digest, size, component, sequence, digest, authority, added, keyset_root, keyset_generation"

/* In the order of the parameters and of device_from_row. An update leaves the key alone: a row whose key is set, be it
 * to what it is, is deleted and made anew. */
#define SQLITE_DEVICE_COLUMNS "ueid, " SQLITE_DEVICE_VALUE_COLUMNS
#define SQLITE_DEVICE_PARAMETERS "?1, " SQLITE_DEVICE_VALUE_PARAMETERS
#define SQLITE_DEVICE_VALUE_COLUMNS                                                                                  \
    "version, batch, attestation_key, monitor_digest, monitor_sequence, attestation_epoch, debug, epoch, boot," \
    " sequence, challenge_origin, challenge, operational_key, serial, not_before, not_after, first_seen, last_seen,"  \
    " last_accepted, last_code, uptime, mode, faults, measurements, generations, endpoints"
#define SQLITE_DEVICE_VALUE_PARAMETERS                                                                               \
    "?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25, ?26, ?27"

enum sqlite_statement {
#define SQLITE_STATEMENT_NAME(name, text) SQLITE_##name##_STATEMENT,
    SQLITE_STATEMENTS(SQLITE_STATEMENT_NAME)
#undef SQLITE_STATEMENT_NAME
        SQLITE_STATEMENT_COUNT
};

struct store {
    sqlite3 *database;
    sqlite3_stmt *statements[SQLITE_STATEMENT_COUNT];
};

/* The statement, ready to be bound. */
sqlite3_stmt *sqlite_statement(struct store *store, enum sqlite_statement statement);
/* Parameters are borrowed until the statement has run: no copy. */
void sqlite_bind_bytes(sqlite3_stmt *statement, int index, const void *data, size_t size_bytes);
void sqlite_bind_string(sqlite3_stmt *statement, int index, const char *text);
void sqlite_bind_number(sqlite3_stmt *statement, int index, uint64_t value);
/* Runs a statement without rows and ends it.
 * changed_count  rows changed; may be NULL */
MUST_USE struct error sqlite_run(struct store *store, sqlite3_stmt *statement, int *changed_count);
/* Steps to the next row. At the end and after an error the statement is ended. */
MUST_USE struct error sqlite_next(struct store *store, sqlite3_stmt *statement, bool *is_row);
/* Gives every row to take, up to its first error.  errors  STORE_IO, those of take */
MUST_USE struct error sqlite_each(struct store *store, sqlite3_stmt *statement,
                                  struct error (*take)(sqlite3_stmt *row, void *context), void *context);
/* Gives the first row to take.  errors  STORE_IO, STORE_NOT_FOUND, those of take */
MUST_USE struct error sqlite_one(struct store *store, sqlite3_stmt *statement,
                                 struct error (*take)(sqlite3_stmt *row, void *context), void *context);
/* The one number that a statement such as a count gives. */
MUST_USE struct error sqlite_number(struct store *store, sqlite3_stmt *statement, uint64_t *out);
/* Ends a statement whose rows are not all wanted. */
void sqlite_end(sqlite3_stmt *statement);

/* Columns of the present row. A blob of another size than wanted is a damaged database: false, and out untouched. */
bool sqlite_column_into(sqlite3_stmt *statement, int column, void *out, size_t size_bytes);
struct span sqlite_column_span(sqlite3_stmt *statement, int column);
uint64_t sqlite_column_number(sqlite3_stmt *statement, int column);
/* Truncates to capacity - 1 and terminates. */
void sqlite_column_string(sqlite3_stmt *statement, int column, char *out, size_t capacity);

#endif
