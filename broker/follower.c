#include "broker/follower.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define READ_COUNT_MAX 100000
#define CHUNK_COUNT 256

void follower_open(struct follower *follower, const char *path)
{
    *follower = (struct follower){.path = path, .fd = -1};
}

void follower_close(struct follower *follower)
{
    if (follower->fd >= 0) {
        close(follower->fd);
    }
    follower_open(follower, follower->path);
}

/* Opens the file, or opens it anew if another one has taken its place. */
static struct error open_present(struct follower *follower, off_t *size_bytes)
{
    struct stat named;
    if (stat(follower->path, &named) != 0) {
        return ERROR(REVOCATION, IO);
    }
    if (follower->fd >= 0 && (named.st_ino != follower->inode || named.st_dev != follower->device)) {
        follower_close(follower);
    }
    if (follower->fd < 0) {
        follower->fd = open(follower->path, O_RDONLY | O_CLOEXEC);
    }
    struct stat opened;
    if (follower->fd < 0 || fstat(follower->fd, &opened) != 0) {
        return ERROR(REVOCATION, IO);
    }
    follower->inode = opened.st_ino;
    follower->device = opened.st_dev;
    *size_bytes = opened.st_size;
    /* The writer cuts off a torn entry, so a file may shrink by less than one; what was read stands. */
    return opened.st_size < follower->offset_bytes ? ERROR(REVOCATION, BEHIND) : ERROR_NONE;
}

static struct error read_entries(struct follower *follower, off_t size_bytes,
                                 void (*visit)(void *context, const struct revocation *entry), void *context)
{
    uint8_t bytes[CHUNK_COUNT * REVOCATION_SIZE_BYTES];
    size_t read_count = 0;
    while (follower->offset_bytes + REVOCATION_SIZE_BYTES <= size_bytes && read_count < READ_COUNT_MAX) {
        ssize_t got = pread(follower->fd, bytes, sizeof bytes, follower->offset_bytes);
        if (got < 0) {
            return ERROR(REVOCATION, IO);
        }
        size_t whole_count = (size_t)got / REVOCATION_SIZE_BYTES;
        if (whole_count == 0) {
            return ERROR_NONE;
        }
        for (size_t index = 0; index < whole_count; index++) {
            struct revocation entry;
            TRY(revocation_parse(span_of(bytes + index * REVOCATION_SIZE_BYTES, REVOCATION_SIZE_BYTES),
                                 &follower->chain, &entry));
            follower->offset_bytes += REVOCATION_SIZE_BYTES;
            visit(context, &entry);
        }
        read_count += whole_count;
    }
    return ERROR_NONE;
}

struct error follower_read(struct follower *follower, void (*visit)(void *context, const struct revocation *entry),
                           void *context)
{
    off_t size_bytes = 0;
    struct error error = open_present(follower, &size_bytes);
    if (error_is_none(error)) {
        error = read_entries(follower, size_bytes, visit, context);
    }
    if (!error_is_none(error)) {
        follower_close(follower);
    }
    return error;
}
