/* The claim bundle for a device that does not know its owner yet. Public data: the device checks it all. */
#ifndef SERVICE_CORE_CLAIM_H
#define SERVICE_CORE_CLAIM_H

#include "service/core/core.h"

/* errors  STORE_IO */
MUST_USE struct error claim_reply(struct core *core, const struct ipc_request *request, struct writer *storage,
                                  struct ipc_reply *reply);

#endif
