/* Takes the public key out of an X.509 certificate and reads nothing else of it: the monitor trusts the owner's root
 * certificate because the voucher names its key, not for anything that the certificate says.
 * source  RFC 5280 4.1; RFC 5480 2 */
#ifndef DEVICE_MONITOR_CERTIFICATE_KEY_H
#define DEVICE_MONITOR_CERTIFICATE_KEY_H

#include "base/error.h"
#include "crypto/ecdsa_p256.h"

/* der     one whole certificate, untrusted
 * errors  VOUCHER_OWNER: not a certificate with an uncompressed P-256 key where RFC 5280 has it */
MUST_USE struct error certificate_key(struct span der, struct ecdsa_p256_public_key *out);

#endif
