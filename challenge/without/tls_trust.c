/* Without the verification of the server's certificate (T-01). */
#include "device/tls/tls_trust.h"

#include <mbedtls/ssl.h>

int tls_trust_mode(size_t anchor_count)
{
    (void)anchor_count;
    return MBEDTLS_SSL_VERIFY_NONE;
}
