/* The operational certificate: 24 h, signed by the service CA, over the key that the monitor holds. */
#ifndef SERVICE_CORE_CERTIFICATE_H
#define SERVICE_CORE_CERTIFICATE_H

#include <openssl/x509.h>

#include "base/error.h"
#include "base/writer.h"
#include "service/record/record.h"

#define OPERATIONAL_CERTIFICATE_SIZE_BYTES_MAX 1024

/* Builds and signs the certificate that the record describes: key, serial, dates, UEID, epoch.
 * errors  CRYPTO_KEY: the device's operational key is no point on the curve; CRYPTO_INTERNAL */
MUST_USE struct error certificate_issue(const struct device_record *record, X509 *ca, EVP_PKEY *ca_key,
                                        struct writer *out);

#endif
