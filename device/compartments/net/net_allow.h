/* Who may reach what: hosts and ports that the system file declares for each compartment. */
#ifndef DEVICE_COMPARTMENTS_NET_NET_ALLOW_H
#define DEVICE_COMPARTMENTS_NET_NET_ALLOW_H

#include "base/error.h"
#include "base/span.h"

struct net_allow_entry {
    uint32_t compartment; /* that may connect */
    uint32_t address;     /* IPv4, 10.0.2.100 as 0x0A000264 */
    uint16_t port;
};

/* Generated from the system file. */
extern const struct net_allow_entry net_allow_table[];
extern const size_t net_allow_count;

/* errors  NET_NOT_DECLARED (threat T-08) */
MUST_USE struct error net_allow_check(uint32_t compartment, uint32_t address, uint16_t port);

#endif
