#include "device/compartments/agent/agent_backoff.h"

#include "device/compartments/agent/agent_settings.h"

void agent_backoff_reset(struct agent_backoff *backoff)
{
    backoff->ceiling_ms = 0;
}

uint32_t agent_backoff_next_ms(struct agent_backoff *backoff, uint32_t random)
{
    if (backoff->ceiling_ms == 0) {
        backoff->ceiling_ms = AGENT_BACKOFF_FIRST_MS;
    } else if (backoff->ceiling_ms <= AGENT_BACKOFF_LAST_MS / 2) {
        backoff->ceiling_ms *= 2;
    } else {
        backoff->ceiling_ms = AGENT_BACKOFF_LAST_MS;
    }
    uint32_t half_ms = backoff->ceiling_ms / 2;
    return backoff->ceiling_ms - half_ms + random % (half_ms + 1);
}
