/* An unclaimed device asks whose it is. */
#ifndef DEVICE_COMPARTMENTS_AGENT_AGENT_CLAIM_H
#define DEVICE_COMPARTMENTS_AGENT_AGENT_CLAIM_H

#include "base/error.h"
#include "device/compartments/agent/agent_identity.h"

/* Fetches the claim bundle and gives it to the monitor, which verifies it. On success the device belongs to an owner
 * from its next reset on.
 * memory  AGENT_EXCHANGE_SIZE_BYTES for the message
 * errors  NET_*, TLS_*, HTTP_*, the service's own (such as CHECKIN_UNOWNED), VOUCHER_*, KEYSET_*, COSE_*, CBOR_* */
MUST_USE struct error agent_claim_run(const struct agent_identity *identity, struct buffer memory);

#endif
