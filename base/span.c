#include "base/span.h"

#include <string.h>

bool span_equal(struct span a, struct span b)
{
    /* memcmp takes no NULL, not even for nothing. */
    return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}
