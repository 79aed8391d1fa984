/* UDS and random seed of this boot: readable once, wiped by the read. ROM only. */
#ifndef DEVICE_HAL_SECRETS_H
#define DEVICE_HAL_SECRETS_H

#include "base/error.h"

struct hal_secrets { /* A secret. */
    uint8_t uds[32];
    uint8_t seed[32];
};

/* Reads and wipes the source.  errors  BOOT_SECRETS (all zero: not injected, or read before in this boot) */
MUST_USE struct error hal_secrets_take(struct hal_secrets *out);

#endif
