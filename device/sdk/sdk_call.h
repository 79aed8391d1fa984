/* Calls between the compartments of an app. The system file declares them on both sides ('calls', 'accepts'); numbers of
 * compartments come from the header that is made from it. The caller waits until it is answered; if the called compartment
 * stops meanwhile, the call fails and the caller goes on. */
#ifndef DEVICE_SDK_SDK_CALL_H
#define DEVICE_SDK_SDK_CALL_H

#include "base/error.h"
#include "base/span.h"

/* errors  KERNEL_NOT_DECLARED, KERNEL_PEER_DOWN, KERNEL_TIMEOUT, KERNEL_CAPACITY */
MUST_USE struct error sdk_call(uint32_t compartment, struct span request, struct buffer *reply, uint32_t timeout_ms);
/* Waits for a call, at least until the next tick: its bytes are in request then and it must be answered.
 * False: time is up. */
bool sdk_wait_call(struct buffer *request, uint32_t timeout_ms, uint32_t *caller);
/* A caller that has given up is no error. */
void sdk_answer(uint32_t caller, struct span reply);

#endif
