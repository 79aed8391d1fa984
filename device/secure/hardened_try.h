/* TRY for checks that decide what runs: the branch is repeated on a laundered value (threat T-12). */
#ifndef DEVICE_SECURE_HARDENED_TRY_H
#define DEVICE_SECURE_HARDENED_TRY_H

#include "base/error.h"
#include "base/hardened.h"

/* A copy that the compiler cannot prove equal: taken before the branch on the original, because behind it the compiler
 * knows the value and would check a constant. */
static inline struct error hardened_copy(struct error error)
{
    return (struct error){hardened_launder(error.code)};
}

/* Resists a skip of the branch. The repetition has no way back but success: a fault in it must not end the function
 * early with the success of the check that it repeats. */
#define HARDENED_TRY(expression)                                     \
    do {                                                             \
        struct error hardened_error = (expression);                  \
        struct error hardened_second = hardened_copy(hardened_error); \
        if (!error_is_none(hardened_error)) {                        \
            return hardened_refusal(hardened_error);                 \
        }                                                            \
        hardened_require_none(hardened_second);                      \
    } while (0)

#endif
