/* Configuration of the owner's MQTT broker, a stock mosquitto: broker/ of the workspace. */
#ifndef CLI_BROKER_H
#define CLI_BROKER_H

#include "cli/workspace.h"

#define BROKER_TLS_NAME "broker.sopris"

/* Keys, certificates and the file port are made if missing; the rest is written anew.
 * port  0: keep the present one, or 8883 */
MUST_USE struct outcome broker_make(const struct workspace *workspace, uint16_t port);
/* Writes the access list anew: the operators of this workspace may read all devices. A running broker reads it again on
 * SIGHUP. What a device may is the plug-in's (broker/). */
MUST_USE struct outcome broker_write_access(const struct workspace *workspace);

#endif
