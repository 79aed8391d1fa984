/* The process that makes a patch: started, listened to, ended. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "service/config/config.h"
#include "service/core/patches_internal.h"
#include "service/core/worker.h"
#include "service/process/process.h"

#define PROGRAM "sopris-patch"

void patches_worker_setup(struct patches *patches)
{
    worker_find(PROGRAM, patches->program);
    if (patches->program[0] == '\0') {
        process_log("cannot find " PROGRAM " beside this program: updates are offered as whole images only");
    }
}

/* Returns the end of a pipe for one line, -1 if the process could not be started. */
static int spawn(struct patches *patches, const struct patch_entry *entry)
{
    char base[PATCHES_NAME_SIZE_BYTES];
    char image[PATCHES_NAME_SIZE_BYTES];
    char *arguments[] = {patches->program, (char *)patches->images_dir, base, image, NULL};
    patches_name(&entry->base_file_digest, base);
    patches_name(&entry->file_digest, image);
    return worker_spawn(patches->program, arguments, &patches->pid);
}

/* Ends the process, if it has not ended, and everything that waits for it. */
static void release(struct patches *patches)
{
    char path[CONFIG_PATH_SIZE_BYTES + 32];
    int fd = event_get_fd(patches->readable);
    event_free(patches->readable);
    event_free(patches->timeout);
    close(fd);
    worker_end(patches->pid);
    snprintf(path, sizeof path, "%s/.patch-%d", patches->images_dir, (int)patches->pid);
    unlink(path);
    patches->making = NULL;
}

static void finish(struct patches *patches)
{
    struct patch_entry *entry = patches->making;
    char name[PATCHES_NAME_SIZE_BYTES] = "";
    unsigned int size = 0;
    release(patches);
    patches->output[patches->output_size_bytes] = '\0';
    bool is_made = sscanf(patches->output, "%64[0-9a-f] %u\n", name, &size) == 2 && size > 0 &&
                   patches_name_parse(name, &entry->digest);
    entry->state = is_made ? PATCH_READY : PATCH_NONE;
    entry->size_bytes = size;
    entry->used_s = process_time_s();
    if (is_made) {
        process_log("patch of %u bytes made", size);
    } else if (strcmp(patches->output, "none\n") != 0) {
        process_log("a patch could not be made; the whole image is offered");
    }
    patches_worker_start(patches);
}

static void on_readable(evutil_socket_t fd, short what, void *context)
{
    struct patches *patches = context;
    size_t room_bytes = sizeof patches->output - 1 - patches->output_size_bytes;
    ssize_t size = read(fd, patches->output + patches->output_size_bytes, room_bytes);
    (void)what;
    if (size > 0) {
        patches->output_size_bytes += (size_t)size;
    } else if (size == 0 || errno != EAGAIN) {
        finish(patches);
    }
}

static void on_timeout(evutil_socket_t fd, short what, void *context)
{
    struct patches *patches = context;
    (void)fd;
    (void)what;
    patches->output_size_bytes = 0;
    finish(patches);
}

static struct patch_entry *next_wanted(struct patches *patches)
{
    struct patch_entry *next = NULL;
    for (size_t index = 0; index < PATCHES_COUNT_MAX; index++) {
        struct patch_entry *entry = &patches->entries[index];
        if (entry->state == PATCH_WANTED && (next == NULL || entry->used_s < next->used_s)) {
            next = entry;
        }
    }
    return next;
}

void patches_worker_start(struct patches *patches)
{
    const struct timeval limit = {PATCHES_TIMEOUT_S, 0};
    struct patch_entry *entry = patches->making == NULL ? next_wanted(patches) : NULL;
    if (entry == NULL || patches->base == NULL) {
        return;
    }
    int fd = spawn(patches, entry);
    if (fd < 0) {
        entry->state = PATCH_NONE;
        return;
    }
    entry->state = PATCH_MAKING;
    patches->making = entry;
    patches->output_size_bytes = 0;
    patches->readable = event_new(patches->base, fd, EV_READ | EV_PERSIST, on_readable, patches);
    patches->timeout = evtimer_new(patches->base, on_timeout, patches);
    if (patches->readable == NULL || patches->timeout == NULL || event_add(patches->readable, NULL) != 0 ||
        event_add(patches->timeout, &limit) != 0) {
        process_fail("out of memory");
    }
}

void patches_worker_stop(struct patches *patches)
{
    if (patches->making != NULL) {
        patches->making->state = PATCH_WANTED;
        release(patches);
    }
}
