/* One check-in in two halves: decided and written inside the batch's transaction, signed and encoded after it. */
#ifndef SERVICE_CORE_CHECKIN_H
#define SERVICE_CORE_CHECKIN_H

#include "service/core/core.h"
#include "service/core/offers.h"

/* What the first half leaves for the second. */
struct checkin_work {
    struct error verdict; /* the coarse one that the device is told */
    bool is_malformed;    /* the request could not be read, so there is no output */
    struct decide_output output;
    struct offers offers;
    struct failure_ack failures; /* number 0: none */
};

/* Verifies, decides, writes.  errors  STORE_*: nothing was written and the request must be answered as overloaded */
MUST_USE struct error checkin_decide(struct core *core, const struct ipc_request *request, struct checkin_work *work);
/* Signs and encodes; only after the commit. storage is at least CHECKIN_RESPONSE_SIZE_BYTES_MAX. */
void checkin_finish(struct core *core, const struct checkin_work *work, struct writer *storage,
                    struct ipc_reply *reply);
/* A problem in the form that devices read. */
void checkin_problem_reply(struct error error, uint16_t status, const uint8_t *challenge, struct writer *storage,
                           struct ipc_reply *reply);

#endif
