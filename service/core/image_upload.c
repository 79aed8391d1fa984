#include "service/core/image_upload.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "service/process/process.h"


void image_path(const char *images_dir, const struct sha256_digest *digest, char out[IMAGE_PATH_SIZE_BYTES])
{
    int size = snprintf(out, IMAGE_PATH_SIZE_BYTES, "%s/", images_dir);
    for (size_t index = 0; index < sizeof digest->bytes; index++) {
        snprintf(out + size + 2 * index, 3, "%02x", digest->bytes[index]);
    }
}

static void upload_path(const char *images_dir, char out[IMAGE_PATH_SIZE_BYTES])
{
    snprintf(out, IMAGE_PATH_SIZE_BYTES, "%s/.upload", images_dir);
}

static struct error failed(const char *path)
{
    process_log("%s: %s", path, strerror(errno));
    return ERROR(STORE, IO);
}

struct error image_upload_append(const char *images_dir, uint64_t offset_bytes, struct span data)
{
    char path[IMAGE_PATH_SIZE_BYTES];
    struct stat info;
    upload_path(images_dir, path);
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | (offset_bytes == 0 ? O_TRUNC : 0), 0644);
    if (fd < 0 || fstat(fd, &info) != 0) {
        struct error error = failed(path);
        if (fd >= 0) {
            close(fd);
        }
        return error;
    }
    if ((uint64_t)info.st_size != offset_bytes) {
        close(fd);
        return ERROR(STORE, CONFLICT);
    }
    ssize_t written = pwrite(fd, data.data, data.size, (off_t)offset_bytes);
    bool is_whole = written >= 0 && (size_t)written == data.size;
    struct error error = is_whole ? ERROR_NONE : failed(path);
    if (close(fd) != 0 && error_is_none(error)) {
        error = failed(path);
    }
    return error;
}

struct error image_upload_read(const char *images_dir, struct buffer *out)
{
    char path[IMAGE_PATH_SIZE_BYTES];
    upload_path(images_dir, path);
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        return failed(path);
    }
    out->size = fread(out->data, 1, out->capacity, file);
    bool ok = ferror(file) == 0;
    fclose(file);
    return ok ? ERROR_NONE : failed(path);
}

static bool sync_path(const char *path, int flags)
{
    int fd = open(path, flags | O_CLOEXEC);
    bool ok = fd >= 0 && fsync(fd) == 0;
    if (fd >= 0) {
        close(fd);
    }
    return ok;
}

struct error image_upload_finish(const char *images_dir, const struct sha256_digest *digest)
{
    char from[IMAGE_PATH_SIZE_BYTES];
    char to[IMAGE_PATH_SIZE_BYTES];
    upload_path(images_dir, from);
    image_path(images_dir, digest, to);
    if (!sync_path(from, O_RDONLY) || chmod(from, 0644) != 0 || rename(from, to) != 0 ||
        !sync_path(images_dir, O_RDONLY | O_DIRECTORY)) {
        return failed(to);
    }
    return ERROR_NONE;
}
