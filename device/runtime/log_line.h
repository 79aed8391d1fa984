/* Builds one line of text for runtime_log from pieces, without printf. Overlong lines are cut. */
#ifndef DEVICE_RUNTIME_LOG_LINE_H
#define DEVICE_RUNTIME_LOG_LINE_H

#include "base/error.h"
#include "base/span.h"

/* What runtime_log takes, and the terminator. */
#define LOG_LINE_SIZE_BYTES_MAX 161

struct log_line {
    char text[LOG_LINE_SIZE_BYTES_MAX]; /* always terminated */
    size_t size;                        /* without the terminator */
};

void log_line_init(struct log_line *line, const char *text);
void log_line_text(struct log_line *line, const char *text);
/* Bytes outside printable ASCII become '?': for text that came from outside. */
void log_line_span(struct log_line *line, struct span text);
void log_line_uint(struct log_line *line, uint32_t value);
void log_line_hex(struct log_line *line, struct span bytes);
/* Tenths as a decimal fraction: -5 as "-0.5". */
void log_line_tenths(struct log_line *line, int32_t tenths);
/* "0x0f01" */
void log_line_error(struct log_line *line, struct error error);

/* text, ": " and the error, as one line. */
void log_line_write_error(const char *text, struct error error);

#endif
