/* Apart from hardened.c, so that only who links this must have ensure_failed. */
#include "base/ensure.h"
#include "base/hardened.h"

void hardened_require(uint32_t value)
{
    ENSURE(value == HARDENED_TRUE);
}

void hardened_require_none(struct error error)
{
    ENSURE(error_is_none(error));
}
