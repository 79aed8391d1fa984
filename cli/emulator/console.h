/* What people see of a board's console: printable, and with the sentences that belong to error codes. */
#ifndef CLI_EMULATOR_CONSOLE_H
#define CLI_EMULATOR_CONSOLE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

/* Replaces everything that could drive a terminal. The board is not trusted with the operator's screen. */
void console_clean(char *line);
/* The code in a line of ROM, monitor or a compartment such as "rom: slot a 0x0305"; false if it has none that is known. */
bool console_find_error(const char *line, struct error *error);
/* The raw DeviceID public key in the ROM's factory line (device/abi/provisioning.h); false if this is not that line. */
bool console_find_device_id(const char *line, unsigned char device_id[64]);

#endif
