/* Waits that grow with each failure and are spread, so that a fleet does not come back all at once. */
#ifndef DEVICE_RUNTIME_BACKOFF_H
#define DEVICE_RUNTIME_BACKOFF_H

#include <stdint.h>

struct backoff {
    uint32_t first_ms;
    uint32_t last_ms;
    uint32_t ceiling_ms; /* of the next wait; 0 after a success */
};

/* The ceiling of the waits doubles from first to last; first at least 2. */
void backoff_init(struct backoff *backoff, uint32_t first_ms, uint32_t last_ms);
void backoff_reset(struct backoff *backoff);
/* The wait after one more failure: between half the ceiling and the ceiling.
 * random  any bits; need not be secret */
uint32_t backoff_next_ms(struct backoff *backoff, uint32_t random);
/* The same with randomness of the monitor, if the compartment declared that call; else without a spread. */
uint32_t backoff_next_random_ms(struct backoff *backoff);

#endif
