#include "device/monitor/line.h"

#include "device/hal/console.h"

static void line_character(struct line *line, uint8_t character)
{
    if (line->size_bytes < LINE_SIZE_BYTES_MAX) {
        line->bytes[line->size_bytes] = character;
        line->size_bytes++;
    }
}

void line_begin(struct line *line, const char *text)
{
    line->size_bytes = 0;
    line_text(line, text);
}

void line_text(struct line *line, const char *text)
{
    for (size_t index = 0; text[index] != '\0'; index++) {
        line_character(line, (uint8_t)text[index]);
    }
}

void line_untrusted(struct line *line, struct span text)
{
    for (size_t index = 0; index < text.size; index++) {
        uint8_t byte = text.data[index];
        line_character(line, byte >= 0x20 && byte < 0x7F ? byte : (uint8_t)'?');
    }
}

void line_decimal(struct line *line, uint32_t value)
{
    uint32_t divisor = 1;
    while (value / divisor >= 10) {
        divisor *= 10;
    }
    for (; divisor > 0; divisor /= 10) {
        line_character(line, (uint8_t)('0' + (value / divisor) % 10));
    }
}

void line_hex(struct line *line, uint32_t value, unsigned int digit_count)
{
    for (unsigned int digit = digit_count; digit > 0; digit--) {
        line_character(line, (uint8_t)"0123456789abcdef"[(value >> (4 * (digit - 1))) & 0xF]);
    }
}

void line_digest(struct line *line, const uint8_t *digest)
{
    for (size_t index = 0; index < 4; index++) {
        line_hex(line, digest[index], 2);
    }
}

void line_error(struct line *line, struct error error)
{
    line_text(line, "0x");
    line_hex(line, error.code, 4);
}

void line_end(struct line *line)
{
    line->bytes[line->size_bytes] = '\n';
    hal_console_write(span_of(line->bytes, line->size_bytes + 1));
}

void line_component(enum component component, uint32_t sequence, const char *text, struct error error)
{
    struct line line;
    line_begin(&line, "monitor: ");
    line_text(&line, component_name(component));
    if (sequence != 0) {
        line_text(&line, " ");
        line_decimal(&line, sequence);
    }
    line_text(&line, text);
    if (error.code != 0) {
        line_error(&line, error);
    }
    line_end(&line);
}
