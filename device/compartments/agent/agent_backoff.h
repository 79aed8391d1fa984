/* Waits that grow with each failure and are spread, so that a fleet does not come back all at once. */
#ifndef DEVICE_COMPARTMENTS_AGENT_AGENT_BACKOFF_H
#define DEVICE_COMPARTMENTS_AGENT_AGENT_BACKOFF_H

#include <stdint.h>

struct agent_backoff {
    uint32_t ceiling_ms; /* of the next wait; 0 after a success */
};

void agent_backoff_reset(struct agent_backoff *backoff);
/* The wait after one more failure: between half the ceiling and the ceiling.
 * random  any bits; need not be secret */
uint32_t agent_backoff_next_ms(struct agent_backoff *backoff, uint32_t random);

#endif
