/* How an update begins: key set and manifest, from wherever they came, go to the monitor, which verifies them. */
#ifndef DEVICE_COMPARTMENTS_AGENT_AGENT_BEGIN_H
#define DEVICE_COMPARTMENTS_AGENT_AGENT_BEGIN_H

#include "base/error.h"
#include "base/span.h"

struct agent_begin {
    uint32_t offset_bytes; /* so much of the image stands already */
    uint32_t image_size_bytes;
};

/* memory    for the request; key set and manifest, in this order, may lie in it
 * anew      whatever stands of the image is not to be relied on
 * errors    MANIFEST_SIZE: the monitor answers nonsense; what it refuses with: MONITOR_*, KEYSET_*, MANIFEST_*, COSE_*,
 *           CBOR_* */
MUST_USE struct error agent_begin(struct buffer memory, struct span keyset, struct span manifest, bool anew,
                                  struct agent_begin *out);

#endif
