#include "cli/emulator/lines.h"

#include <errno.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

void lines_init(struct lines *lines)
{
    lines->size = 0;
    lines->taken = 0;
}

static void drop_taken(struct lines *lines)
{
    memmove(lines->data, lines->data + lines->taken, lines->size - lines->taken);
    lines->size -= lines->taken;
    lines->taken = 0;
}

bool lines_fill(struct lines *lines, int descriptor)
{
    drop_taken(lines);
    if (lines->size == LINES_SIZE_BYTES_MAX) {
        return true;
    }
    ssize_t count = read(descriptor, lines->data + lines->size, LINES_SIZE_BYTES_MAX - lines->size);
    if (count < 0) {
        return errno == EAGAIN || errno == EINTR;
    }
    lines->size += (size_t)count;
    return count > 0;
}

const char *lines_next(struct lines *lines)
{
    char *start = lines->data + lines->taken;
    size_t left = lines->size - lines->taken;
    char *end = memchr(start, '\n', left);
    if (end != NULL) {
        lines->taken += (size_t)(end - start) + 1;
        *end = 0;
        if (end > start && end[-1] == '\r') {
            end[-1] = 0;
        }
        return start;
    }
    if (left == LINES_SIZE_BYTES_MAX) {
        lines->taken = lines->size;
        lines->data[lines->size] = 0;
        return start;
    }
    return NULL;
}
