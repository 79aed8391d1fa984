/* What a board's console says: the errors that its lines name, and its key. */
#ifndef CLI_EMULATOR_CONSOLE_H
#define CLI_EMULATOR_CONSOLE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

/* The code in a line of ROM, monitor or a compartment such as "rom: slot a 0x0305"; false if it has none that is known. */
bool console_find_error(const char *line, struct error *error);
/* The raw DeviceID public key in the ROM's factory line (device/abi/provisioning.h); false if this is not that line. */
bool console_find_device_id(const char *line, unsigned char device_id[64]);

#endif
