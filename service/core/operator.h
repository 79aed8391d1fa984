/* Operators' requests: who it is, whether the role allows it, and the answer in JSON.
 * source  docs/protocol/operator-api.md; T-19 */
#ifndef SERVICE_CORE_OPERATOR_H
#define SERVICE_CORE_OPERATOR_H

#include "service/core/core.h"

/* errors  STORE_*: nothing may be kept of this request */
MUST_USE struct error operator_reply(struct core *core, const struct ipc_request *request, struct writer *storage,
                                     struct ipc_reply *reply);
/* An RFC 9457 problem; detail may be NULL. */
void operator_problem_reply(struct error error, uint16_t status, const char *detail, struct writer *storage,
                            struct ipc_reply *reply);
/* Enters the first admin.  errors  STORE_CONFLICT: name or certificate is taken; IDENTITY_CERTIFICATE; STORE_* */
MUST_USE struct error operator_bootstrap(struct core *core, const char *name, const char *certificate_path);

#endif
