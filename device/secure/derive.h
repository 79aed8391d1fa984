/* Key derivation: HKDF-SHA-256 from UDS and CDIs, one label per purpose.  source  DESIGN 3; docs/protocol/keys.md */
#ifndef DEVICE_SECURE_DERIVE_H
#define DEVICE_SECURE_DERIVE_H

#include "base/span.h"

/* out = HKDF(secret, salt "", info = label || 0x00 || context), 32 bytes. label is a constant string. */
void derive_key(struct span secret, const char *label, struct span context, uint8_t out[32]);

/* Labels; each is used with exactly the context named. */
#define DERIVE_LABEL_DEVICE_ID "sopris device id"       /* UDS; none; for ecdsa_p256_derive_private */
#define DERIVE_LABEL_RECORD "sopris boot record"        /* UDS; epoch (u32) */
#define DERIVE_LABEL_RECEIPT "sopris rom receipt"       /* UDS; none: never leaves the ROM */
#define DERIVE_LABEL_CDI_ATTEST "sopris cdi attest"     /* UDS; monitor digest, maker root digest, epoch, debug */
#define DERIVE_LABEL_CDI_SEAL "sopris cdi seal"         /* UDS; maker root digest, epoch, debug */
#define DERIVE_LABEL_KEPT "sopris kept"                 /* UDS; maker root digest, debug: no epoch */
#define DERIVE_LABEL_ATTESTATION "sopris attestation"   /* CDI_attest; none; for ecdsa_p256_derive_private */
#define DERIVE_LABEL_SEED "sopris seed"                 /* injected seed; none */

#endif
