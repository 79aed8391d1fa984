/* Assertions of our own invariants, also in release builds. Never used on bytes that come from outside:
 * bad input returns an error, only a bug asserts.
 * ensure_failed is given by each program: the device shuts down safely, a service process aborts and is restarted. */
#ifndef BASE_ENSURE_H
#define BASE_ENSURE_H

#include <stdint.h>

__attribute__((noreturn)) void ensure_failed(const char *file, uint32_t line);

#define ENSURE(condition)                              \
    do {                                               \
        if (!(condition)) {                            \
            ensure_failed(__FILE_NAME__, (uint32_t)__LINE__); \
        }                                              \
    } while (0)

#endif
