/* P-256 keys in files (PKCS#8 PEM, 0600) and in the two forms that the program needs: OpenSSL's for X.509, raw for our
 * own formats. */
#ifndef CLI_KEYS_H
#define CLI_KEYS_H

#include <openssl/evp.h>

#include "cli/file.h"
#include "crypto/ecdsa_p256.h"

/* Makes a key pair and writes it to path, which must not exist. The caller frees *key (EVP_PKEY_free). */
MUST_USE struct outcome keys_create(const char *path, EVP_PKEY **key);
/* Reads a private P-256 key; anything else is refused. The caller frees *key. */
MUST_USE struct outcome keys_load(const char *path, EVP_PKEY **key);
/* A key file, or a key in a token (token.h). The caller frees *key. */
MUST_USE struct outcome keys_open(const char *name, EVP_PKEY **key);
/* False for a key in a token, which does not give it away. */
bool keys_has_private(const EVP_PKEY *key);
/* Raw private key; the caller wipes it. */
MUST_USE struct outcome keys_private(const EVP_PKEY *key, struct ecdsa_p256_private_key *private_key);
MUST_USE struct outcome keys_public(const EVP_PKEY *key, struct ecdsa_p256_public_key *public_key);
/* A public key for X.509 from its raw form; refused if it is not on the curve. */
MUST_USE struct outcome keys_of_public(const struct ecdsa_p256_public_key *public_key, EVP_PKEY **key);
/* SHA-256 of the raw public key: how devices name roots and authorities. */
MUST_USE struct outcome keys_digest(const EVP_PKEY *key, struct sha256_digest *digest);
/* Bytes from the system's random source; aborts the program when there is none. */
void keys_random(uint8_t *out, size_t size_bytes);

#endif
