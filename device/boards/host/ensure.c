/* A broken invariant ends the process. */
#include "base/ensure.h"

#include <stdio.h>
#include <stdlib.h>

void ensure_failed(const char *file, uint32_t line)
{
    fprintf(stderr, "host board: invariant broken at %s:%u\n", file, (unsigned)line);
    abort();
}
