#include "cli/emulator/console.h"

#include <stdlib.h>
#include <string.h>

#include "cli/text.h"

static bool is_word_end(char character)
{
    return character == 0 || strchr(" ,.;:)", character) != NULL;
}

bool console_find_error(const char *line, struct error *error)
{
    if (strncmp(line, "rom: ", 5) != 0 && strncmp(line, "monitor: ", 9) != 0 && strncmp(line, "ns: ", 4) != 0) {
        return false;
    }
    for (const char *word = strstr(line, "0x"); word != NULL; word = strstr(word + 2, "0x")) {
        size_t digit_count = strspn(word + 2, "0123456789abcdefABCDEF");
        if (digit_count != 4 || !is_word_end(word[2 + digit_count])) {
            continue;
        }
        struct error found = {(uint32_t)strtoul(word + 2, NULL, 16)};
        if (!error_is_none(found) && strcmp(error_name(found), "UNKNOWN") != 0) {
            *error = found;
            return true;
        }
    }
    return false;
}

bool console_find_device_id(const char *line, unsigned char device_id[64])
{
    static const char prefix[] = "rom: device-id ";
    size_t prefix_size = sizeof prefix - 1;
    return strncmp(line, prefix, prefix_size) == 0 && text_parse_hex(line + prefix_size, device_id, 64);
}
