/* The workspace: one folder with everything that a maker, an owner and the emulated boards keep on this machine.
 *   makers/NAME/     root.key root.crt ca.key ca.crt release.key release.keyset maker.json
 *   owner/           root.* ca.* control.key control.keyset app.key app.keyset operator-ca.*
 *   In both: NAME.G.key and NAME.G.keyset of earlier generations G; control.key.DIGITS: keys that the service made
 *   service/         soprisd.json edge.* door.* store.db run/
 *   operators/       NAME.key NAME.crt
 *   broker/          mosquitto.conf and its keys
 *   boards/NAME/     flash.img uds.bin fuses.bin board.json uart.log */
#ifndef CLI_WORKSPACE_H
#define CLI_WORKSPACE_H

#include "cli/file.h"

struct workspace {
    struct file_path folder;
};

/* folder is what -C says; else $SOPRIS_HOME; else ./sopris-work. Makes nothing. */
struct workspace workspace_of(const char *folder);
/* Path of a file of a part: workspace_path(w, "makers/%s/root.key", name). */
struct file_path workspace_path(const struct workspace *workspace, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
