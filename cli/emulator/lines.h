/* Lines out of a stream that arrives in pieces: the board's console, QMP. */
#ifndef CLI_EMULATOR_LINES_H
#define CLI_EMULATOR_LINES_H

#include <stdbool.h>
#include <stddef.h>

#define LINES_SIZE_BYTES_MAX 4096

struct lines {
    char data[LINES_SIZE_BYTES_MAX + 1];
    size_t size;
    size_t taken; /* bytes at the front that were returned as lines */
};

void lines_init(struct lines *lines);
/* Reads once from the descriptor. false at the end of the stream or after an error; EAGAIN counts as neither. */
bool lines_fill(struct lines *lines, int descriptor);
/* Next complete line without its line end, NUL-terminated, valid until the next call; NULL if there is none yet.
 * A line longer than the buffer is returned in pieces. */
const char *lines_next(struct lines *lines);

#endif
