#include "service/core/patches.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "service/config/config.h"
#include "service/core/patches_internal.h"
#include "service/process/process.h"

#define PATH_SIZE_BYTES (CONFIG_PATH_SIZE_BYTES + PATCHES_NAME_SIZE_BYTES + 1)

static bool same_digest(const struct sha256_digest *a, const struct sha256_digest *b)
{
    return memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

void patches_name(const struct sha256_digest *digest, char out[PATCHES_NAME_SIZE_BYTES])
{
    for (size_t index = 0; index < sizeof digest->bytes; index++) {
        snprintf(out + 2 * index, 3, "%02x", digest->bytes[index]);
    }
}

bool patches_name_parse(const char *name, struct sha256_digest *out)
{
    static const char digits[] = "0123456789abcdef";
    size_t size = strspn(name, digits);
    for (size_t index = 0; index < sizeof out->bytes && size == 2 * sizeof out->bytes; index++) {
        size_t high = (size_t)(strchr(digits, name[2 * index]) - digits);
        size_t low = (size_t)(strchr(digits, name[2 * index + 1]) - digits);
        out->bytes[index] = (uint8_t)(high << 4 | low);
    }
    return size == 2 * sizeof out->bytes && name[size] == '\0';
}

static void path_of(const struct patches *patches, const struct sha256_digest *digest, char out[PATH_SIZE_BYTES])
{
    char name[PATCHES_NAME_SIZE_BYTES];
    patches_name(digest, name);
    snprintf(out, PATH_SIZE_BYTES, "%s/%s", patches->images_dir, name);
}

static bool is_present(const struct patches *patches, const struct sha256_digest *digest)
{
    char path[PATH_SIZE_BYTES];
    path_of(patches, digest, path);
    return access(path, R_OK) == 0;
}

struct patch_entry *patches_entry_new(struct patches *patches)
{
    struct patch_entry *oldest = NULL;
    for (size_t index = 0; index < PATCHES_COUNT_MAX; index++) {
        struct patch_entry *entry = &patches->entries[index];
        if (entry->state == PATCH_FREE) {
            return entry;
        }
        bool may_go = entry->state == PATCH_READY || entry->state == PATCH_NONE;
        if (may_go && (oldest == NULL || entry->used_s < oldest->used_s)) {
            oldest = entry;
        }
    }
    if (oldest != NULL && oldest->state == PATCH_READY) {
        char path[PATH_SIZE_BYTES];
        path_of(patches, &oldest->digest, path);
        unlink(path);
    }
    return oldest;
}

static struct patch_entry *find_entry(struct patches *patches, const struct sha256_digest *base_digest,
                                      const struct sha256_digest *file_digest)
{
    for (size_t index = 0; index < PATCHES_COUNT_MAX; index++) {
        struct patch_entry *entry = &patches->entries[index];
        if (entry->state != PATCH_FREE && same_digest(&entry->base_digest, base_digest) &&
            same_digest(&entry->file_digest, file_digest)) {
            return entry;
        }
    }
    return NULL;
}

static void want(struct patches *patches, const struct image_record *base, const struct sha256_digest *file_digest)
{
    struct patch_entry *entry = patches_entry_new(patches);
    if (entry == NULL || patches->program[0] == '\0') {
        return;
    }
    *entry = (struct patch_entry){
        .state = PATCH_WANTED,
        .base_digest = base->digest,
        .base_file_digest = base->file_digest,
        .file_digest = *file_digest,
        .used_s = process_time_s(),
    };
    const struct timeval now = {0, 0};
    if (patches->kick != NULL) {
        event_add(patches->kick, &now);
    }
}

/* What the device runs of the component; NULL: nothing. */
static const struct measurement *running(const struct device_record *record, enum component component)
{
    for (size_t index = 0; index < record->measurement_count; index++) {
        if (record->measurements[index].component == component) {
            return &record->measurements[index];
        }
    }
    return NULL;
}

/* Forgets what may have changed since: a patch whose file somebody removed, and a failure that is old. */
static void forget_stale(const struct patches *patches, struct patch_entry *entry)
{
    bool gone = entry->state == PATCH_READY && !is_present(patches, &entry->digest);
    bool old = entry->state == PATCH_NONE && process_time_s() - entry->used_s >= PATCHES_RETRY_S;
    if (gone || old) {
        entry->state = PATCH_FREE;
    }
}

struct error patches_find(struct patches *patches, struct store *store, const struct rollout_record *rollout,
                          const struct device_record *record, struct checkin_offer *offer)
{
    const struct measurement *base = running(record, rollout->component);
    if (base == NULL) {
        return ERROR_NONE;
    }
    struct patch_entry *entry = find_entry(patches, &base->digest, &rollout->file_digest);
    if (entry != NULL) {
        forget_stale(patches, entry);
    }
    if (entry == NULL || entry->state == PATCH_FREE) {
        struct image_record image;
        struct error error = store_image_find(store, rollout->component, base->sequence, &image);
        if (error_is_none(error) && same_digest(&image.digest, &base->digest)) {
            want(patches, &image, &rollout->file_digest);
        }
        return error_is(error, ERROR_CODE_STORE_NOT_FOUND) ? ERROR_NONE : error;
    }
    if (entry->state == PATCH_READY && entry->size_bytes < rollout->file_size_bytes) {
        entry->used_s = process_time_s();
        offer->has_patch = true;
        offer->patch = (struct checkin_patch){entry->digest, entry->size_bytes, entry->base_digest};
    }
    return ERROR_NONE;
}

/* The latest images of a component below a sequence number, in no order. */
struct latest {
    const struct rollout_record *rollout;
    size_t count;
    struct image_record images[PATCHES_PREPARED_COUNT_MAX];
};

static void visit_image(void *context, const struct image_record *image)
{
    struct latest *latest = context;
    if (image->component != latest->rollout->component || image->sequence >= latest->rollout->sequence) {
        return;
    }
    if (latest->count < PATCHES_PREPARED_COUNT_MAX) {
        latest->images[latest->count++] = *image;
        return;
    }
    struct image_record *lowest = &latest->images[0];
    for (size_t index = 1; index < latest->count; index++) {
        lowest = latest->images[index].sequence < lowest->sequence ? &latest->images[index] : lowest;
    }
    if (image->sequence > lowest->sequence) {
        *lowest = *image;
    }
}

struct error patches_prepare(struct patches *patches, struct store *store, const struct rollout_record *rollout)
{
    struct latest latest = {.rollout = rollout};
    TRY(store_image_list(store, visit_image, &latest));
    for (size_t index = 0; index < latest.count; index++) {
        if (find_entry(patches, &latest.images[index].digest, &rollout->file_digest) == NULL) {
            want(patches, &latest.images[index], &rollout->file_digest);
        }
    }
    return ERROR_NONE;
}

struct patches *patches_open(const char *images_dir)
{
    struct patches *patches = calloc(1, sizeof *patches);
    if (patches != NULL) {
        patches->images_dir = images_dir;
        patches_worker_setup(patches);
        patches_scan(patches);
    }
    return patches;
}

static void on_kick(evutil_socket_t fd, short what, void *context)
{
    (void)fd;
    (void)what;
    patches_worker_start(context);
}

void patches_run(struct patches *patches, struct event_base *base)
{
    patches->base = base;
    patches->kick = evtimer_new(base, on_kick, patches);
    if (patches->kick == NULL) {
        process_fail("out of memory");
    }
}

void patches_close(struct patches *patches)
{
    if (patches == NULL) {
        return;
    }
    patches_worker_stop(patches);
    if (patches->kick != NULL) {
        event_free(patches->kick);
    }
    free(patches);
}
