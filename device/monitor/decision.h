/* Hardened reading of an error: for every verification that decides what runs or whose the device is. */
#ifndef DEVICE_MONITOR_DECISION_H
#define DEVICE_MONITOR_DECISION_H

#include "base/error.h"
#include "base/hardened.h"

/* True only if error is none on two copies that the compiler cannot prove equal, so that one skipped comparison or
 * branch does not turn a refusal into a success (threat T-12). */
static inline bool decision_is_none(struct error error)
{
    uint32_t first = hardened_launder(error.code);
    uint32_t second = hardened_launder(error.code);
    if (first != ERROR_CODE_NONE) {
        return false;
    }
    return second == ERROR_CODE_NONE;
}

/* The same for the result of hardened_equal. */
static inline bool decision_is_true(uint32_t result)
{
    uint32_t first = hardened_launder(result);
    uint32_t second = hardened_launder(result);
    if (first != HARDENED_TRUE) {
        return false;
    }
    return second == HARDENED_TRUE;
}

/* Leaves the calling function with the error of expression, if there is one; asked twice. */
#define TRY_HARDENED(expression)                 \
    do {                                         \
        struct error try_error = (expression);   \
        if (!decision_is_none(try_error)) {      \
            return try_error;                    \
        }                                        \
        if (!decision_is_none(try_error)) {      \
            return try_error;                    \
        }                                        \
    } while (0)

#endif
