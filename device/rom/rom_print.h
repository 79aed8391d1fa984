/* Console lines of the ROM (docs/protocol/console.md). Nothing secret ever goes here. */
#ifndef DEVICE_ROM_ROM_PRINT_H
#define DEVICE_ROM_ROM_PRINT_H

#include "base/error.h"
#include "base/span.h"

/* A line is built up by any number of these and ends with rom_print_end. */
void rom_print_start(const char *text);
void rom_print_text(const char *text);
void rom_print_decimal(uint32_t value);
void rom_print_hex(struct span bytes);
void rom_print_end(void);
/* " 0x0b03" */
void rom_print_code(struct error error);

#endif
