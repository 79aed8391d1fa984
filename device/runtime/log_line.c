#include "device/runtime/log_line.h"

#include "device/runtime/runtime.h"

#define PRINTABLE_FIRST 0x20
#define PRINTABLE_LAST 0x7E
#define UINT32_DIGITS_MAX 10

static void append(struct log_line *line, char character)
{
    if (line->size < LOG_LINE_SIZE_BYTES_MAX - 1) {
        line->text[line->size++] = character;
        line->text[line->size] = '\0';
    }
}

static char hex_digit(uint32_t value)
{
    return "0123456789abcdef"[value & 0xFu];
}

void log_line_init(struct log_line *line, const char *text)
{
    line->size = 0;
    line->text[0] = '\0';
    log_line_text(line, text);
}

void log_line_text(struct log_line *line, const char *text)
{
    for (; *text != '\0'; text++) {
        append(line, *text);
    }
}

void log_line_span(struct log_line *line, struct span text)
{
    for (size_t i = 0; i < text.size; i++) {
        bool printable = text.data[i] >= PRINTABLE_FIRST && text.data[i] <= PRINTABLE_LAST;
        append(line, printable ? (char)text.data[i] : '?');
    }
}

void log_line_uint(struct log_line *line, uint32_t value)
{
    char digits[UINT32_DIGITS_MAX];
    size_t count = 0;

    do {
        digits[count++] = (char)('0' + value % 10);
        value /= 10;
    } while (value != 0);
    while (count > 0) {
        append(line, digits[--count]);
    }
}

void log_line_hex(struct log_line *line, struct span bytes)
{
    for (size_t i = 0; i < bytes.size; i++) {
        append(line, hex_digit((uint32_t)bytes.data[i] >> 4));
        append(line, hex_digit(bytes.data[i]));
    }
}

void log_line_tenths(struct log_line *line, int32_t tenths)
{
    uint32_t magnitude = tenths < 0 ? 0u - (uint32_t)tenths : (uint32_t)tenths;

    if (tenths < 0) {
        append(line, '-');
    }
    log_line_uint(line, magnitude / 10);
    append(line, '.');
    log_line_uint(line, magnitude % 10);
}

void log_line_error(struct log_line *line, struct error error)
{
    log_line_text(line, "0x");
    for (int shift = error.code > 0xFFFFu ? 28 : 12; shift >= 0; shift -= 4) {
        append(line, hex_digit(error.code >> shift));
    }
}

void log_line_write_error(const char *text, struct error error)
{
    struct log_line line;

    log_line_init(&line, text);
    log_line_text(&line, ": ");
    log_line_error(&line, error);
    runtime_log(line.text);
}
