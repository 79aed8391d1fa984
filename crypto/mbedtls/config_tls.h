/* Mbed TLS for compartments that speak TLS: a TLS 1.3 client with P-256, AES-128 and SHA-256,
 * an X.509 parser, PSA underneath. No file system, no clock, no entropy source: random bytes
 * come from mbedtls_psa_external_get_random, which the program that links this must supply
 * from the monitor, and memory from the caller's buffer (mbedtls_memory_buffer_alloc_init). */
#ifndef CRYPTO_MBEDTLS_CONFIG_TLS_H
#define CRYPTO_MBEDTLS_CONFIG_TLS_H

#define MBEDTLS_PLATFORM_C
#define MBEDTLS_PLATFORM_MEMORY
#define MBEDTLS_MEMORY_BUFFER_ALLOC_C
#define MBEDTLS_MEMORY_ALIGN_MULTIPLE 8 /* 64-bit members, also on the host */
#define MBEDTLS_NO_PLATFORM_ENTROPY
/* Nothing of a libc: an allocation before the buffer is there, or a heap found corrupt, is a
 * fault of this compartment, which the kernel records before it restarts the compartment. */
#define MBEDTLS_PLATFORM_STD_CALLOC ((void *)0)
#define MBEDTLS_PLATFORM_STD_FREE ((void *)0)
#define MBEDTLS_PLATFORM_EXIT_MACRO(status) __builtin_trap()

#define MBEDTLS_PSA_CRYPTO_C
#define MBEDTLS_PSA_CRYPTO_CONFIG
#define MBEDTLS_PSA_CRYPTO_CONFIG_FILE "crypto/mbedtls/config_psa.h"
#define MBEDTLS_USE_PSA_CRYPTO
#define MBEDTLS_PSA_CRYPTO_EXTERNAL_RNG
#define MBEDTLS_PSA_KEY_SLOT_COUNT 12
#define MBEDTLS_PSA_P256M_DRIVER_ENABLED
#define MBEDTLS_PSA_ASSUME_EXCLUSIVE_BUFFERS

#define MBEDTLS_AES_ROM_TABLES
#define MBEDTLS_AES_FEWER_TABLES
#define MBEDTLS_AES_ONLY_128_BIT_KEY_LENGTH
#define MBEDTLS_BLOCK_CIPHER_NO_DECRYPT
#define MBEDTLS_SHA256_SMALLER

#define MBEDTLS_ASN1_PARSE_C
#define MBEDTLS_ASN1_WRITE_C
#define MBEDTLS_OID_C
#define MBEDTLS_MD_C
#define MBEDTLS_PK_C
#define MBEDTLS_PK_PARSE_C
#define MBEDTLS_PK_WRITE_C
#define MBEDTLS_X509_USE_C
#define MBEDTLS_X509_CRT_PARSE_C

#define MBEDTLS_SSL_TLS_C
#define MBEDTLS_SSL_CLI_C
#define MBEDTLS_SSL_PROTO_TLS1_3
#define MBEDTLS_SSL_TLS1_3_KEY_EXCHANGE_MODE_EPHEMERAL_ENABLED
#define MBEDTLS_SSL_SERVER_NAME_INDICATION
#define MBEDTLS_SSL_KEEP_PEER_CERTIFICATE
#define MBEDTLS_SSL_MAX_FRAGMENT_LENGTH
#define MBEDTLS_SSL_RECORD_SIZE_LIMIT
#define MBEDTLS_SSL_KEYING_MATERIAL_EXPORT
#define MBEDTLS_SSL_IN_CONTENT_LEN 4096
#define MBEDTLS_SSL_OUT_CONTENT_LEN 2048

#endif
