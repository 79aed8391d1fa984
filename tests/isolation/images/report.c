#include "tests/isolation/images/report.h"

#include "device/runtime/runtime.h"

#define LINE_SIZE_BYTES 120

void report(const char *word, const uint32_t *numbers, size_t count)
{
    char line[LINE_SIZE_BYTES];
    size_t size = 0;
    for (; word[size] != '\0' && size < 40; size++) {
        line[size] = word[size];
    }
    for (size_t index = 0; index < count && size + 10 < sizeof line; index++) {
        line[size++] = ' ';
        for (int shift = 28; shift >= 0; shift -= 4) {
            line[size++] = "0123456789abcdef"[(numbers[index] >> shift) & 15];
        }
    }
    line[size] = '\0';
    runtime_log(line);
}
