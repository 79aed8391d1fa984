/* One console line, put together and written at once. Longer lines are cut. Nothing secret ever goes in. */
#ifndef DEVICE_MONITOR_LINE_H
#define DEVICE_MONITOR_LINE_H

#include "base/error.h"
#include "base/writer.h"
#include "formats/identity/identity.h"

#define LINE_SIZE_BYTES_MAX 208

struct line {
    size_t size_bytes;
    uint8_t bytes[LINE_SIZE_BYTES_MAX + 1];
};

/* text is a constant. */
void line_begin(struct line *line, const char *text);
void line_text(struct line *line, const char *text);
/* Untrusted text: what is not printable ASCII becomes '?'. */
void line_untrusted(struct line *line, struct span text);
void line_decimal(struct line *line, uint32_t value);
/* The first digit_count (1 to 8) hexadecimal digits of a value that is 4 * digit_count bits wide. */
void line_hex(struct line *line, uint32_t value, unsigned int digit_count);
/* The first 8 hex digits of a digest. */
void line_digest(struct line *line, const uint8_t *digest);
/* "0x0b01" */
void line_error(struct line *line, struct error error);
void line_end(struct line *line);

/* A whole line: "monitor: base 7 failed its trial 0x0b02".
 * sequence  0: left out
 * text      a constant; starts with a space, and ends with one if an error follows
 * error     code 0: left out */
void line_component(enum component component, uint32_t sequence, const char *text, struct error error);

#endif
