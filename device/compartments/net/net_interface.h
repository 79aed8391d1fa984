/* The Ethernet interface as lwIP sees it: static address, frames in and out. */
#ifndef DEVICE_COMPARTMENTS_NET_NET_INTERFACE_H
#define DEVICE_COMPARTMENTS_NET_NET_INTERFACE_H

#include "base/error.h"

/* Starts controller and stack. Once.  errors  NET_UNREACHABLE */
MUST_USE struct error net_interface_start(void);
/* Gives lwIP frames that have arrived, at most NET_INTERFACE_BURST. True: there may be more. */
MUST_USE bool net_interface_poll(void);

/* So many frames take net well below a millisecond; then others get their turn, however fast more arrive. */
#define NET_INTERFACE_BURST 8

#endif
