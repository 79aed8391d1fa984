/* Validity periods of a peer's certificates, for a device without a clock. */
#ifndef DEVICE_TLS_TLS_DATES_H
#define DEVICE_TLS_TLS_DATES_H

#include <mbedtls/x509_crt.h>

#include "base/error.h"

/* Seconds since 1970 of a date of the Gregorian calendar; 0 for all earlier ones. */
uint64_t tls_dates_seconds(const mbedtls_x509_time *time);

/* A verify callback of the library: adds EXPIRED or FUTURE to flags if the monitor knows the time and it lies outside
 * the certificate's period; knows nothing and adds nothing before the first signed answer of a boot. Returns 0. */
int tls_dates_check(void *context, mbedtls_x509_crt *certificate, int depth, uint32_t *flags);

#endif
