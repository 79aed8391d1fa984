/* What the files of patches share. */
#ifndef SERVICE_CORE_PATCHES_INTERNAL_H
#define SERVICE_CORE_PATCHES_INTERNAL_H

#include <limits.h>
#include <sys/types.h>

#include "service/core/patches.h"

#define PATCHES_NAME_SIZE_BYTES (2 * SHA256_DIGEST_SIZE_BYTES + 1)
#define PATCHES_OUTPUT_SIZE_BYTES 96

enum patch_state {
    PATCH_FREE = 0,
    PATCH_WANTED,
    PATCH_MAKING,
    PATCH_READY,
    PATCH_NONE, /* not worth it, or not to be made */
};

struct patch_entry {
    enum patch_state state;
    struct sha256_digest base_digest;      /* of the image that devices run */
    struct sha256_digest base_file_digest; /* WANTED, MAKING: its file */
    struct sha256_digest file_digest;      /* of the new image's file */
    struct sha256_digest digest;           /* READY: of the patch */
    uint32_t size_bytes;
    uint64_t used_s; /* WANTED: since; READY: last offered; NONE: since */
};

struct patches {
    const char *images_dir;
    char program[PATH_MAX]; /* empty: none can be made */
    struct patch_entry entries[PATCHES_COUNT_MAX];
    struct event_base *base; /* NULL before patches_run */
    struct event *kick;      /* starts the next one, outside of any transaction */
    /* The one that is being made. */
    struct patch_entry *making;
    pid_t pid;
    struct event *readable;
    struct event *timeout;
    char output[PATCHES_OUTPUT_SIZE_BYTES];
    size_t output_size_bytes;
};

void patches_name(const struct sha256_digest *digest, char out[PATCHES_NAME_SIZE_BYTES]);
bool patches_name_parse(const char *name, struct sha256_digest *out);
/* A free entry, for which the one used longest ago, and its file, go if need be; NULL if all are in work. */
struct patch_entry *patches_entry_new(struct patches *patches);
/* Fills the table from the folder. */
void patches_scan(struct patches *patches);
/* Finds the program that makes patches. */
void patches_worker_setup(struct patches *patches);
/* Starts making what has been wanted longest, if nothing is being made. */
void patches_worker_start(struct patches *patches);
/* Ends what is being made; its entry is wanted again. */
void patches_worker_stop(struct patches *patches);

#endif
