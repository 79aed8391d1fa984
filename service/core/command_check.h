/* The operator's own signature over a request that changes something.
 * source  docs/protocol/operator-api.md; T-19 */
#ifndef SERVICE_CORE_COMMAND_CHECK_H
#define SERVICE_CORE_COMMAND_CHECK_H

#include "service/core/core.h"

/* Judges the command that came with a request, and uses up its nonce if it is accepted.
 * certificate  the request's, whose digest is the one that is registered for the operator
 * verdict      ERROR_NONE, or why the request is refused: OPERATOR_*, CBOR_*, COSE_*
 * errors       STORE_*: nothing may be kept of this request */
MUST_USE struct error command_check(struct core *core, const struct ipc_request *request,
                                    const struct operator_record *operator, X509 *certificate,
                                    struct error *verdict);

#endif
