/* Hardened reading of a yes or no that decides what runs or whose the device is (threat T-12).
 * Errors are passed on with HARDENED_TRY (device/secure/hardened_try.h). */
#ifndef DEVICE_MONITOR_DECISION_H
#define DEVICE_MONITOR_DECISION_H

#include <stdbool.h>

#include "base/error.h"
#include "base/hardened.h"
#include "device/secure/hardened_try.h"

/* True only if value is expected, asked twice: a skip of the first branch falls through to the repetition. Both sides of
 * the repetition are laundered before the branch: behind it the compiler knows value and expected to be equal and may
 * use one for the other. */
static inline bool decision_holds(uint32_t value, uint32_t expected)
{
    uint32_t copy = hardened_launder(value);
    uint32_t wanted = hardened_launder(expected);
    if (value != expected) {
        return false;
    }
    return hardened_confirm(copy, wanted) == HARDENED_TRUE;
}

/* For the result of hardened_equal. */
static inline bool decision_is_true(uint32_t result)
{
    return decision_holds(result, HARDENED_TRUE);
}

static inline bool decision_is_none(struct error error)
{
    return decision_holds(error.code, ERROR_CODE_NONE);
}

#endif
