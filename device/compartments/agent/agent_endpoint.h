/* What base and app declare of the network and what was used of it, for a request: kernel and net say so. */
#ifndef DEVICE_COMPARTMENTS_AGENT_AGENT_ENDPOINT_H
#define DEVICE_COMPARTMENTS_AGENT_AGENT_ENDPOINT_H

#include "formats/checkin/checkin.h"

void agent_endpoint_fill(struct checkin_request *request);

#endif
