/* The wiping that Mbed TLS asks for. */
#include <mbedtls/platform_util.h>

#include "base/secret.h"

void mbedtls_platform_zeroize(void *buf, size_t len)
{
    secret_wipe(buf, len);
}
