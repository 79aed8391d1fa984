/* The emulator injects UDS and seed at every reset; what is read once and wiped is gone until the next (threat T-03). */
#include "device/hal/secrets.h"

#include "base/secret.h"
#include "device/abi/memory_map.h"

_Static_assert(sizeof(struct hal_secrets) == MEMORY_SECRETS_UDS_SIZE + MEMORY_SECRETS_SEED_SIZE,
               "UDS and seed lie side by side as in the struct");

static bool is_zero(const uint8_t bytes[32])
{
    uint8_t any_bit = 0;
    for (size_t index = 0; index < 32; index++) {
        any_bit |= bytes[index];
    }
    return any_bit == 0;
}

struct error hal_secrets_take(struct hal_secrets *out)
{
    struct hal_secrets *source = (struct hal_secrets *)MEMORY_SECRETS_BASE;
    *out = *source;
    secret_wipe(source, sizeof(*source));
    if (is_zero(out->uds) || is_zero(out->seed)) {
        secret_wipe(out, sizeof(*out));
        return ERROR(BOOT, SECRETS);
    }
    return ERROR_NONE;
}
