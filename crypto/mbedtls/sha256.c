#include "crypto/sha256.h"

#include <assert.h>
#include <mbedtls/sha256.h>

#include "base/ensure.h"

static_assert(sizeof(mbedtls_sha256_context) <= sizeof(struct sha256), "struct sha256 is too small");
static_assert(_Alignof(mbedtls_sha256_context) <= _Alignof(struct sha256), "struct sha256 is not aligned enough");

static mbedtls_sha256_context *context_of(struct sha256 *sha256)
{
    return (mbedtls_sha256_context *)(void *)sha256->state;
}

void sha256_init(struct sha256 *sha256)
{
    mbedtls_sha256_init(context_of(sha256));
    ENSURE(mbedtls_sha256_starts(context_of(sha256), 0) == 0);
}

void sha256_update(struct sha256 *sha256, struct span data)
{
    if (data.size > 0) {
        ENSURE(mbedtls_sha256_update(context_of(sha256), data.data, data.size) == 0);
    }
}

void sha256_finish(struct sha256 *sha256, struct sha256_digest *digest)
{
    ENSURE(mbedtls_sha256_finish(context_of(sha256), digest->bytes) == 0);
    mbedtls_sha256_free(context_of(sha256));
}
