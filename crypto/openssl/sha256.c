/* The low-level interface: no allocation and a third of the cost of EVP for short inputs; deprecated in name since 3.0,
 * so the warning is switched off for this file alone. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "crypto/sha256.h"

#include <assert.h>
#include <openssl/sha.h>

#include "base/ensure.h"
#include "base/secret.h"

static_assert(sizeof(SHA256_CTX) <= sizeof(struct sha256), "struct sha256 is too small");
static_assert(_Alignof(SHA256_CTX) <= _Alignof(struct sha256), "struct sha256 is not aligned enough");

static SHA256_CTX *context_of(struct sha256 *sha256)
{
    return (SHA256_CTX *)(void *)sha256->state;
}

void sha256_init(struct sha256 *sha256)
{
    ENSURE(SHA256_Init(context_of(sha256)) == 1);
}

void sha256_update(struct sha256 *sha256, struct span data)
{
    if (data.size > 0) {
        ENSURE(SHA256_Update(context_of(sha256), data.data, data.size) == 1);
    }
}

void sha256_finish(struct sha256 *sha256, struct sha256_digest *digest)
{
    ENSURE(SHA256_Final(digest->bytes, context_of(sha256)) == 1);
    secret_wipe(sha256, sizeof(*sha256));
}
