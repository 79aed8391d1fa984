/* The operational key pair: what the device shows to the owner's broker. It never leaves the monitor.
 * Derived from CDI_attest, so it survives reboots (a certificate of 24 h stays of use), and is new with every epoch and
 * every other monitor.  source  docs/decisions, "Where the operational key comes from" */
#ifndef DEVICE_MONITOR_OPERATIONAL_H
#define DEVICE_MONITOR_OPERATIONAL_H

#include "crypto/ecdsa_p256.h"

/* Derived at the first use in a boot; borrowed for ever.  errors  CRYPTO_* */
MUST_USE struct error operational_public_key(const struct ecdsa_p256_public_key **out);
/* errors  CRYPTO_* */
MUST_USE struct error operational_sign(const struct sha256_digest *digest, struct ecdsa_p256_signature *signature);

#endif
