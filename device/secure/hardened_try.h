/* TRY for checks that decide what runs: the branch is repeated on a laundered value (threat T-12). */
#ifndef DEVICE_SECURE_HARDENED_TRY_H
#define DEVICE_SECURE_HARDENED_TRY_H

#include "base/error.h"
#include "base/hardened.h"

/* Resists a skip of the first branch. The second exit never returns the result itself: a fault in the repetition of a
 * check that did pass must not end the function early with success. */
#define HARDENED_TRY(expression)                                                         \
    do {                                                                                 \
        struct error hardened_error = (expression);                                      \
        if (!error_is_none(hardened_error)) {                                            \
            return hardened_error;                                                       \
        }                                                                                \
        if (hardened_confirm(hardened_error.code, ERROR_CODE_NONE) != HARDENED_TRUE) {   \
            return ERROR(BOOT, FAULT);                                                   \
        }                                                                                \
    } while (0)

#endif
