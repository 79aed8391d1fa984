/* Private keys that stay in a PKCS#11 token: a smart card, a hardware security module. */
#ifndef CLI_TOKEN_H
#define CLI_TOKEN_H

#include <openssl/evp.h>

#include "cli/outcome.h"

/* True for an RFC 7512 URI, "pkcs11:token=acme;object=release". */
bool token_is_uri(const char *name);
/* Opens the P-256 key pair that the URI names. The PIN comes from the file named by pin-source in the URI or by
 * $SOPRIS_PIN_FILE, else from the terminal; on the command line it is refused. The caller frees *key. */
MUST_USE struct outcome token_open(const char *uri, EVP_PKEY **key);

#endif
