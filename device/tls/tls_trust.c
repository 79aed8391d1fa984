#include "device/tls/tls_trust.h"

#include <mbedtls/ssl.h>

int tls_trust_mode(size_t anchor_count)
{
    /* Required: else a server that anybody certified, or nobody, could play the service (threat T-01). Only a
     * provisional connection has no anchor, and nothing that comes over it is believed. */
    return anchor_count > 0 ? MBEDTLS_SSL_VERIFY_REQUIRED : MBEDTLS_SSL_VERIFY_NONE;
}
