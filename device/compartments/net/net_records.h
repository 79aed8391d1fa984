/* Holds what leaves on a connection that was declared for TLS against the framing of TLS records, so that no compartment
 * sends plain text there, by mistake or because somebody made it. It is a fence, not a proof: who is at the other end is
 * what the compartment's own TLS checks.
 * source  RFC 8446 section 5.1 */
#ifndef DEVICE_COMPARTMENTS_NET_NET_RECORDS_H
#define DEVICE_COMPARTMENTS_NET_NET_RECORDS_H

#include "base/span.h"

#define NET_RECORDS_HEAD_SIZE_BYTES 5

struct net_records {
    bool started;
    uint8_t head[NET_RECORDS_HEAD_SIZE_BYTES];
    size_t head_size;
    size_t left_size; /* of the record's body */
};

void net_records_init(struct net_records *records);
/* Takes the next bytes; false, and records is of no more use, if they cannot be TLS. */
bool net_records_pass(struct net_records *records, struct span data);

#endif
