/* Who a TLS client is, from its certificate. Its chain was verified by the broker's TLS already. */
#ifndef BROKER_CERTIFICATE_H
#define BROKER_CERTIFICATE_H

#include <openssl/x509.h>

#include "formats/identity/identity.h"

/* Name and epoch of an operational certificate. False if the certificate is none: no epoch, or no UEID for a name. */
bool certificate_read(X509 *certificate, struct ueid *ueid, uint32_t *epoch);
/* The one common name, if it is plain text that fits. */
bool certificate_name(X509 *certificate, char *out, size_t capacity);

#endif
