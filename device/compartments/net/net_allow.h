/* Who may reach what: hosts and ports that the tables of base and app declare, as the kernel knows them. What is refused is
 * reported to the kernel, which records it (threat T-08). */
#ifndef DEVICE_COMPARTMENTS_NET_NET_ALLOW_H
#define DEVICE_COMPARTMENTS_NET_NET_ALLOW_H

#include "base/error.h"
#include "base/span.h"

/* May the compartment connect there? plain: it need not speak TLS.  errors  NET_NOT_DECLARED */
MUST_USE struct error net_allow_connect(uint32_t compartment, uint32_t address, uint16_t port, bool *plain);
/* May it serve this port?  errors  NET_NOT_DECLARED */
MUST_USE struct error net_allow_listen(uint32_t compartment, uint16_t port);
/* Bit n: endpoint n of the kernel was allowed to somebody since the start. */
uint32_t net_allow_used(void);

#endif
