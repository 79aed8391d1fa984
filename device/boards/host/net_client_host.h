/* What the host's body of net_client offers besides. */
#ifndef DEVICE_BOARDS_HOST_NET_CLIENT_HOST_H
#define DEVICE_BOARDS_HOST_NET_CLIENT_HOST_H

#include <stdint.h>

/* From now on all connections go to this port of 127.0.0.1 instead, whatever host they name, as the emulated board's
 * network leads its one address to this machine. 0: each goes where it says. */
void net_client_host_redirect(uint16_t port);

#endif
