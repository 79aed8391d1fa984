/* Ports that the app on an emulated board declares to serve, and where they are on this machine. */
#ifndef CLI_BOARD_PORTS_H
#define CLI_BOARD_PORTS_H

#include "cli/emulator/qemu.h"
#include "cli/workspace.h"

/* Reads the tables of the apps in the board's flash and adds to launch what they declare, each on a free port of this
 * machine; a port that launch has already stays where it is. Sets *changed if there is a new one, and writes them all to
 * boards/NAME/ports.json. A flash without an app, or with half of one, adds nothing. */
MUST_USE struct outcome board_ports_find(const struct workspace *workspace, const char *name, struct qemu_launch *launch,
                                         bool *changed);

#endif
