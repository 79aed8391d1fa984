/* Mbed TLS for ROM, monitor and host board: a hash, an AEAD and P-256, no heap, no PSA core.
 * p256-m calls psa_generate_random, which the program that links this must supply. */
#ifndef CRYPTO_MBEDTLS_CONFIG_SMALL_H
#define CRYPTO_MBEDTLS_CONFIG_SMALL_H

#define MBEDTLS_SHA256_C
#define MBEDTLS_SHA256_SMALLER
#define MBEDTLS_CHACHA20_C
#define MBEDTLS_POLY1305_C
#define MBEDTLS_CHACHAPOLY_C
#define MBEDTLS_PSA_P256M_DRIVER_ENABLED
/* The library's own goes through a variable with an initial value, and the ROM has no initialised variables. */
#define MBEDTLS_PLATFORM_ZEROIZE_ALT

#endif
