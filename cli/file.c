#include "cli/file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/secret.h"

struct file_path file_path_join(const char *folder, const char *name)
{
    return file_path_format("%s/%s", folder, name);
}

struct file_path file_path_format(const char *format, ...)
{
    struct file_path path;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(path.text, sizeof path.text, format, arguments);
    va_end(arguments);
    return path;
}

bool file_exists(const char *path)
{
    return access(path, F_OK) == 0;
}

static struct outcome read_all(const char *path, int descriptor, size_t size_bytes_max, struct buffer *contents)
{
    size_t capacity = 4096;
    struct buffer read_buffer = {malloc(capacity + 1), capacity, 0};
    while (read_buffer.data != NULL) {
        ssize_t count = read(descriptor, read_buffer.data + read_buffer.size, read_buffer.capacity - read_buffer.size);
        if (count == 0) {
            read_buffer.data[read_buffer.size] = 0;
            *contents = read_buffer;
            return OUTCOME_OK;
        }
        if (count < 0 && errno != EINTR) {
            file_forget(&read_buffer);
            return outcome_errno("%s cannot be read", path);
        }
        read_buffer.size += count > 0 ? (size_t)count : 0;
        if (read_buffer.size > size_bytes_max) {
            file_forget(&read_buffer);
            return outcome_refused("%s is larger than the %zu bytes that such a file can have", path, size_bytes_max);
        }
        if (read_buffer.size == read_buffer.capacity) {
            read_buffer.capacity *= 2;
            uint8_t *grown = realloc(read_buffer.data, read_buffer.capacity + 1);
            if (grown == NULL) {
                break;
            }
            read_buffer.data = grown;
        }
    }
    free(read_buffer.data);
    return outcome_refused("there is not enough memory to read %s", path);
}

struct outcome file_read(const char *path, size_t size_bytes_max, struct buffer *contents)
{
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) {
        return outcome_errno("%s cannot be opened", path);
    }
    struct outcome outcome = read_all(path, descriptor, size_bytes_max, contents);
    close(descriptor);
    return outcome;
}

static bool write_all(int descriptor, struct span contents)
{
    size_t written = 0;
    while (written < contents.size) {
        ssize_t count = write(descriptor, contents.data + written, contents.size - written);
        if (count < 0 && errno != EINTR) {
            return false;
        }
        written += count > 0 ? (size_t)count : 0;
    }
    return fsync(descriptor) == 0;
}

/* The new name must itself survive a power cut. */
static bool sync_folder_of(const char *path)
{
    struct file_path copy = file_path_format("%s", path);
    int descriptor = open(dirname(copy.text), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) {
        return false;
    }
    bool synced = fsync(descriptor) == 0;
    close(descriptor);
    return synced;
}

static struct outcome write_file(const char *path, struct span contents, enum file_secrecy secrecy, bool replace)
{
    struct file_path temporary = file_path_format("%s.new-%ld", path, (long)getpid());
    int descriptor = open(temporary.text, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, (mode_t)secrecy);
    if (descriptor < 0) {
        return outcome_errno("%s cannot be written", temporary.text);
    }
    bool written = write_all(descriptor, contents);
    written = close(descriptor) == 0 && written;
    if (written) {
        /* link refuses an existing name in one step, where a test before a rename would leave a gap. */
        written = replace ? rename(temporary.text, path) == 0 : link(temporary.text, path) == 0;
    }
    int cause = errno;
    if (!replace || !written) {
        unlink(temporary.text);
    }
    errno = cause;
    if (!written && errno == EEXIST) {
        return outcome_refused("%s exists and is not overwritten; move it away first if you mean to replace it", path);
    }
    if (!written || !sync_folder_of(path)) {
        return outcome_errno("%s cannot be written", path);
    }
    return OUTCOME_OK;
}

struct outcome file_write(const char *path, struct span contents, enum file_secrecy secrecy)
{
    return write_file(path, contents, secrecy, true);
}

struct outcome file_create(const char *path, struct span contents, enum file_secrecy secrecy)
{
    return write_file(path, contents, secrecy, false);
}

struct outcome file_make_folder(const char *path)
{
    struct file_path partial = file_path_format("%s", path);
    for (char *slash = partial.text + 1;; slash++) {
        bool end = *slash == 0;
        if (*slash != '/' && !end) {
            continue;
        }
        *slash = 0;
        if (mkdir(partial.text, 0700) != 0 && errno != EEXIST) {
            return outcome_errno("the folder %s cannot be made", partial.text);
        }
        if (end) {
            return OUTCOME_OK;
        }
        *slash = '/';
    }
}

void file_forget(struct buffer *contents)
{
    if (contents->data != NULL) {
        secret_wipe(contents->data, contents->size);
        free(contents->data);
    }
    *contents = (struct buffer){NULL, 0, 0};
}
