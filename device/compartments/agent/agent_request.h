/* The request of one check-in round. */
#ifndef DEVICE_COMPARTMENTS_AGENT_AGENT_REQUEST_H
#define DEVICE_COMPARTMENTS_AGENT_AGENT_REQUEST_H

#include "base/error.h"
#include "formats/token/evidence.h"

/* Asks the monitor for evidence and encodes the request.
 * channel_binding    exporter value of the connection that the request is sent over
 * with_certificates  the attestation certificate and those that lead to the maker come along, a failure report does not
 * memory             at least CHECKIN_REQUEST_SIZE_BYTES_MAX
 * out                borrows from memory
 * failures_wait      more failure records wait than the request has room for
 * errors             MONITOR_*, CBOR_CAPACITY */
MUST_USE struct error agent_request_make(const uint8_t challenge[CHALLENGE_SIZE_BYTES],
                                         const uint8_t channel_binding[CHANNEL_BINDING_SIZE_BYTES],
                                         bool with_certificates, struct buffer memory, struct span *out,
                                         bool *failures_wait);

#endif
