/* The core's sockets: fronts connect, frames are gathered into batches, a batch runs when it is full or its first
 * request has waited a millisecond. */
#ifndef SERVICE_CORE_FRONTS_H
#define SERVICE_CORE_FRONTS_H

#include "service/core/core.h"

/* Serves until SIGTERM, then returns. What arrives on the edges' socket may be a check-in or a claim, what arrives on
 * the door's an operator's request, and nothing else. */
void fronts_run(struct core *core, int edge_fd, int door_fd, int ready_fd);

#endif
