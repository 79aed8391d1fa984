/* An emulated board as it left the factory. Files: boards/NAME of the workspace. */
#ifndef CLI_BOARD_H
#define CLI_BOARD_H

#include <stdint.h>

#include "cli/workspace.h"

/* Refused with a hint if there is no such board. */
MUST_USE struct outcome board_check_exists(const struct workspace *workspace, const char *name);
/* Temperature at the board's sensor in thousandths of a degree Celsius: what 'board set' said last, or that of a room. */
int32_t board_temperature(const struct workspace *workspace, const char *name);
/* Contacts of the board's pins that 'board set' closed: bit n for contact n. */
uint8_t board_contacts(const struct workspace *workspace, const char *name);
/* Opens the board's uart.log for appending, locked: two emulators on one flash file would ruin it. The lock goes with the
 * descriptor.  Refused if the board is running. */
MUST_USE struct outcome board_lock(const char *folder, const char *name, int *log);
/* Port number in a file such as service/run/edge.port; 0 if there is none. */
uint16_t board_port_of_file(const char *path);

#endif
