/* Result of everything the command line does: an exit code, already explained to the person on standard error.
 * The sentence is written where the cause is known; callers only pass the outcome on. */
#ifndef CLI_OUTCOME_H
#define CLI_OUTCOME_H

#include <stdbool.h>

#include "base/error.h"

/* Exit codes of the program; part of its interface. */
enum exit_code {
    EXIT_CODE_OK = 0,
    EXIT_CODE_REFUSED = 1,     /* refused, not found, failed */
    EXIT_CODE_USAGE = 2,       /* the command line is wrong */
    EXIT_CODE_UNREACHABLE = 3, /* the service cannot be reached */
};

struct outcome {
    enum exit_code exit_code;
};

#define OUTCOME_OK ((struct outcome){EXIT_CODE_OK})

static inline bool outcome_is_ok(struct outcome outcome)
{
    return outcome.exit_code == EXIT_CODE_OK;
}

/* Leaves the calling function with the outcome of expression, unless it is OK. */
#define PROCEED(expression)                           \
    do {                                              \
        struct outcome proceed_outcome = (expression); \
        if (!outcome_is_ok(proceed_outcome)) {        \
            return proceed_outcome;                   \
        }                                             \
    } while (0)

/* Each prints "sopris: <sentence>" to standard error and returns its exit code. */
MUST_USE struct outcome outcome_refused(const char *format, ...) __attribute__((format(printf, 1, 2)));
MUST_USE struct outcome outcome_usage(const char *format, ...) __attribute__((format(printf, 1, 2)));
MUST_USE struct outcome outcome_unreachable(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Refused because of errno: "<sentence>: <strerror>". */
MUST_USE struct outcome outcome_errno(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* OK, or refused with the code's own sentence after what was being done: "<doing>: <text> (<NAME>)". */
MUST_USE struct outcome outcome_of_error(struct error error, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* A remark on standard error that changes nothing: "sopris: <sentence>". */
void outcome_remark(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
