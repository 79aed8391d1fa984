/* The operational key in TLS: the library sees a key id, the monitor makes the signatures.
 * tls_key.c stands in for two PSA functions; a program that links it needs
 *     -Wl,--wrap=psa_get_key_attributes -Wl,--wrap=psa_sign_hash */
#ifndef DEVICE_TLS_TLS_KEY_H
#define DEVICE_TLS_TLS_KEY_H

#include <psa/crypto.h>

/* In the range of key ids that users may choose; never created in PSA, so no key material stands behind it. */
#define TLS_KEY_OPERATIONAL ((psa_key_id_t)0x3FFF0001)

#endif
