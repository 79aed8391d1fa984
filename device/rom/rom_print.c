#include "device/rom/rom_print.h"

#include "device/hal/console.h"

static void byte_print(uint8_t byte)
{
    hal_console_write(span_of(&byte, 1));
}

static void digit_print(uint32_t digit)
{
    byte_print((uint8_t)(digit < 10 ? '0' + digit : 'a' + digit - 10));
}

void rom_print_text(const char *text)
{
    while (*text != '\0') {
        byte_print((uint8_t)*text++);
    }
}

void rom_print_start(const char *text)
{
    rom_print_text("rom: ");
    rom_print_text(text);
}

void rom_print_decimal(uint32_t value)
{
    uint32_t unit = 1;
    while (value / unit >= 10) {
        unit *= 10;
    }
    for (; unit > 0; unit /= 10) {
        digit_print(value / unit % 10);
    }
}

void rom_print_hex(struct span bytes)
{
    for (size_t index = 0; index < bytes.size; index++) {
        digit_print(bytes.data[index] >> 4);
        digit_print(bytes.data[index] & 15u);
    }
}

void rom_print_code(struct error error)
{
    const uint8_t code[2] = {(uint8_t)(error.code >> 8), (uint8_t)error.code};
    rom_print_text(" 0x");
    rom_print_hex(SPAN_OF(code));
}

void rom_print_end(void)
{
    byte_print('\n');
}
