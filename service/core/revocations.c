#include "service/core/revocations.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "service/process/process.h"

static struct error io_error(const char *what)
{
    process_log("the revocation journal: %s: %s", what, strerror(errno));
    return ERROR(REVOCATION, IO);
}

/* What one entry means for the state of a device. Epochs only rise. */
static void state_apply(struct revoked_state *state, const struct revocation *entry)
{
    bool is_order = entry->kind == REVOCATION_ORDER;
    if ((is_order || entry->kind == REVOCATION_EPOCH_MIN) && entry->epoch > state->epoch_min) {
        state->epoch_min = entry->epoch;
        state->reason = is_order ? entry->reason : 0;
    }
    if (entry->kind == REVOCATION_QUARANTINE || entry->kind == REVOCATION_RELEASE) {
        state->is_quarantined = entry->kind == REVOCATION_QUARANTINE;
    }
}

static struct error take_into(struct store *store, const struct revocation *entry)
{
    struct revoked_state state;
    TRY(store_revoked_load(store, &entry->ueid, &state));
    state_apply(&state, entry);
    return store_revoked_save(store, &entry->ueid, &state);
}

/* Reads the whole file: all of it must be one chain, and the database's place must be on it. */
static struct error replay(struct revocations *revocations, struct store *store, uint64_t *taken_count)
{
    struct revocation_chain known;
    uint8_t bytes[REVOCATION_SIZE_BYTES];
    off_t offset_bytes = 0;
    TRY(store_journal_load(store, &known));
    bool is_on_chain = known.number == 0;
    for (;;) {
        struct revocation entry;
        ssize_t got = pread(revocations->fd, bytes, sizeof bytes, offset_bytes);
        if (got < 0) {
            return io_error("it cannot be read");
        }
        if (got < (ssize_t)sizeof bytes) {
            break;
        }
        TRY(revocation_parse(SPAN_OF(bytes), &revocations->chain, &entry));
        offset_bytes += (off_t)sizeof bytes;
        if (entry.number > known.number) {
            TRY(take_into(store, &entry));
            ++*taken_count;
        } else if (entry.number == known.number) {
            is_on_chain = memcmp(&known.link, &revocations->chain.link, sizeof known.link) == 0;
        }
    }
    if (!is_on_chain) {
        return ERROR(REVOCATION, BEHIND);
    }
    /* Never synced, so nothing rests on it. */
    return ftruncate(revocations->fd, offset_bytes) == 0 ? ERROR_NONE : io_error("its torn end cannot be cut off");
}

/* The file's name must survive a power cut as well as its bytes do. */
static struct error sync_folder(const char *path)
{
    char folder[512];
    const char *slash = strrchr(path, '/');
    size_t size = slash == NULL ? 0 : (size_t)(slash - path);
    if (size >= sizeof folder) {
        return io_error("its path is too long");
    }
    memcpy(folder, path, size);
    memcpy(folder + size, size == 0 ? "." : "", 2 - (size != 0));
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool ok = fd >= 0 && fsync(fd) == 0;
    if (fd >= 0) {
        close(fd);
    }
    return ok ? ERROR_NONE : io_error("its folder cannot be synced");
}

struct error revocations_open(struct revocations *revocations, const char *path, struct store *store,
                              uint64_t *taken_count)
{
    *taken_count = 0;
    revocations->pending_count = 0;
    revocations->chain = (struct revocation_chain){0};
    /* The broker's user reads it, through its group. */
    revocations->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640);
    if (revocations->fd < 0 || flock(revocations->fd, LOCK_EX | LOCK_NB) != 0) {
        return io_error(revocations->fd < 0 ? path : "another core writes it");
    }
    TRY(sync_folder(path));
    TRY(replay(revocations, store, taken_count));
    return *taken_count > 0 ? store_journal_save(store, &revocations->chain) : ERROR_NONE;
}

void revocations_close(struct revocations *revocations)
{
    close(revocations->fd);
    revocations->fd = -1;
}

static struct error add_entry(struct revocations *revocations, struct store *store, const struct revocation *entry)
{
    if (revocations->pending_count == REVOCATIONS_PENDING_COUNT_MAX) {
        return ERROR(STORE, CONFLICT);
    }
    TRY(take_into(store, entry));
    revocations->pending[revocations->pending_count++] = *entry;
    return ERROR_NONE;
}

struct error revocations_raise_epoch(struct revocations *revocations, struct store *store, const struct ueid *ueid,
                                     uint32_t epoch, uint32_t reason, uint64_t time_s)
{
    struct revoked_state state;
    TRY(store_revoked_load(store, ueid, &state));
    if (epoch <= state.epoch_min) {
        return ERROR_NONE;
    }
    return add_entry(revocations, store, &(struct revocation){
        .kind = reason == 0 ? REVOCATION_EPOCH_MIN : REVOCATION_ORDER, .time_s = time_s, .ueid = *ueid,
        .epoch = epoch, .reason = reason});
}

struct error revocations_quarantine(struct revocations *revocations, struct store *store, const struct ueid *ueid,
                                    bool is_quarantined, uint64_t time_s)
{
    struct revoked_state state;
    TRY(store_revoked_load(store, ueid, &state));
    if (state.is_quarantined == is_quarantined) {
        return ERROR_NONE;
    }
    return add_entry(revocations, store, &(struct revocation){
        .kind = is_quarantined ? REVOCATION_QUARANTINE : REVOCATION_RELEASE, .time_s = time_s, .ueid = *ueid});
}

void revocations_forget(struct revocations *revocations, size_t pending_count)
{
    revocations->pending_count = pending_count;
}

struct error revocations_sync(struct revocations *revocations, struct store *store)
{
    static uint8_t bytes[REVOCATIONS_PENDING_COUNT_MAX * REVOCATION_SIZE_BYTES];
    struct revocation_chain chain = revocations->chain;
    size_t count = revocations->pending_count;
    revocations->pending_count = 0;
    if (count == 0) {
        return ERROR_NONE;
    }
    for (size_t index = 0; index < count; index++) {
        revocation_encode(&revocations->pending[index], &chain, bytes + index * REVOCATION_SIZE_BYTES);
    }
    off_t start_bytes = (off_t)(revocations->chain.number * REVOCATION_SIZE_BYTES);
    ssize_t size_bytes = (ssize_t)(count * REVOCATION_SIZE_BYTES);
    if (pwrite(revocations->fd, bytes, (size_t)size_bytes, start_bytes) != size_bytes) {
        struct error error = io_error("it cannot be written");
        if (ftruncate(revocations->fd, start_bytes) != 0) {
            process_fail("the revocation journal: its torn end cannot be cut off: %s", strerror(errno));
        }
        return error;
    }
    /* T-30: after a failed sync nobody knows what is on the disk; the next start reads it. */
    if (fdatasync(revocations->fd) != 0) {
        process_fail("the revocation journal cannot be synced: %s", strerror(errno));
    }
    revocations->chain = chain;
    return store_journal_save(store, &chain);
}
