#include "crypto/sha256.h"

struct sha256_digest sha256_of(struct span data)
{
    struct sha256 sha256;
    struct sha256_digest digest;

    sha256_init(&sha256);
    sha256_update(&sha256, data);
    sha256_finish(&sha256, &digest);
    return digest;
}
