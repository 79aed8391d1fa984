/* The Ethernet interface as lwIP sees it: static address, frames in and out. */
#ifndef DEVICE_COMPARTMENTS_NET_NET_INTERFACE_H
#define DEVICE_COMPARTMENTS_NET_NET_INTERFACE_H

#include "base/error.h"

/* Starts controller and stack. Once.  errors  NET_UNREACHABLE */
MUST_USE struct error net_interface_start(void);
/* Gives lwIP every frame that has arrived. */
void net_interface_poll(void);

#endif
