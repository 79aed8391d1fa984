/* Checks that a single skipped or corrupted instruction does not defeat (threat T-12). For ROM and monitor only.
 *
 * A hardened decision is a sparse 32-bit value, and the decision is taken twice: the second time on a copy that
 * the compiler cannot prove equal to the first, so that it cannot fold the two. */
#ifndef BASE_HARDENED_H
#define BASE_HARDENED_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/* Far apart in Hamming distance from each other, from 0 and from ~0. */
#define HARDENED_TRUE 0x739C25A6u
#define HARDENED_FALSE 0x1D63DA4Bu

/* Returns value through a barrier that the optimiser does not see through. */
static inline uint32_t hardened_launder(uint32_t value)
{
    __asm__ volatile("" : "+r"(value));
    return value;
}

/* Constant-time comparison that returns HARDENED_TRUE or HARDENED_FALSE, counted so that leaving the loop early
 * gives HARDENED_FALSE. */
uint32_t hardened_equal(const void *a, const void *b, size_t size_bytes);
/* The repetition of a decision: HARDENED_TRUE if value is expected, else HARDENED_FALSE. It stands behind a branch that
 * has already decided the same, so that skipping that branch is not enough; a function of its own, so that a twin build
 * can take all repetitions out. */
uint32_t hardened_confirm(uint32_t value, uint32_t expected);
/* What a refusal leaves with: an error code, which has 16 bits, and never success, whose code has more. A fault in the
 * comparison before it must not end a check early with the success of its first part. */
static inline struct error hardened_refusal(struct error error)
{
    return (struct error){error.code & 0xFFFFu};
}

/* The repetition with no way back but success; otherwise ensure_failed. The caller gives a copy that it laundered before its
 * own branch, and the expected value is here and not with the caller: behind the branch the compiler knows both to be
 * equal and would use one for the other, which makes a comparison there one of a value with itself. */
void hardened_require(uint32_t value);           /* HARDENED_TRUE */
void hardened_require_none(struct error error); /* ERROR_NONE */

#endif
