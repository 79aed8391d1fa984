/* Hardened reading of a yes or no that decides what runs or whose the device is (threat T-12).
 * Errors are passed on with HARDENED_TRY (device/secure/hardened_try.h). */
#ifndef DEVICE_MONITOR_DECISION_H
#define DEVICE_MONITOR_DECISION_H

#include <stdbool.h>

#include "base/error.h"
#include "base/hardened.h"
#include "device/secure/hardened_try.h"

/* True only if value is expected, asked twice: a skip of the first branch falls through to the repetition. */
static inline bool decision_holds(uint32_t value, uint32_t expected)
{
    if (hardened_launder(value) != expected) {
        return false;
    }
    return hardened_confirm(value, expected) == HARDENED_TRUE;
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
