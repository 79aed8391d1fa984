/* The one comparison for secrets. Its time depends on size only. */
#ifndef BASE_CONSTANT_TIME_H
#define BASE_CONSTANT_TIME_H

#include <stdbool.h>
#include <stddef.h>

bool constant_time_equal(const void *a, const void *b, size_t size_bytes);

#endif
