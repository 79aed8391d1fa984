/* Holds something that nobody else may read, and says from time to time that it still does. */
#include <string.h>

#include "device/sdk/sdk.h"

#define ALIVE_INTERVAL_MS 2000u

/* Found by its symbol by who tries to read or change it. */
char vault_secret[32];

static const char kept[sizeof(vault_secret)] = "the vault's secret";

void setup(void)
{
    memcpy(vault_secret, kept, sizeof(kept));
    sdk_log("up");
}

void loop(void)
{
    if (memcmp(vault_secret, kept, sizeof(kept)) == 0) {
        sdk_log("intact");
    } else {
        sdk_log("BROKEN INTO");
    }
    sdk_delay_ms(ALIVE_INTERVAL_MS);
}
