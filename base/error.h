/* The one error type of the whole project.
 *
 * A function that can fail returns struct error and is declared MUST_USE, so a forgotten check does not compile.
 * Codes live in base/error_list.h alone: append only, because they appear on the wire, on the UART and in records. */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include <stdbool.h>
#include <stdint.h>

#define MUST_USE __attribute__((warn_unused_result))

/* code is ERROR_CODE_NONE or (module << 8 | id), module and id from base/error_list.h. */
struct error {
    uint32_t code;
};

/* Sparse, so that neither a zeroed nor an all-ones register reads as success (threat T-12). */
#define ERROR_CODE_NONE 0x5A3C96E1u

enum error_module {
#define ERROR_MODULE(name, number) ERROR_MODULE_##name = (number),
#define ERROR_ENTRY(module, name, id, text)
#include "base/error_list.h"
#undef ERROR_MODULE
#undef ERROR_ENTRY
};

enum error_code {
#define ERROR_MODULE(name, number)
#define ERROR_ENTRY(module, name, id, text) ERROR_CODE_##module##_##name = ((ERROR_MODULE_##module << 8) | (id)),
#include "base/error_list.h"
#undef ERROR_MODULE
#undef ERROR_ENTRY
};

#define ERROR_NONE ((struct error){ERROR_CODE_NONE})
/* ERROR(CBOR, TRUNCATED) */
#define ERROR(module, name) ((struct error){(uint32_t)ERROR_CODE_##module##_##name})

static inline bool error_is_none(struct error error)
{
    return error.code == ERROR_CODE_NONE;
}

static inline bool error_is(struct error error, enum error_code code)
{
    return error.code == (uint32_t)code;
}

/* Leaves the calling function with the error of expression, if there is one. */
#define TRY(expression)                      \
    do {                                     \
        struct error try_error = (expression); \
        if (!error_is_none(try_error)) {     \
            return try_error;                \
        }                                    \
    } while (0)

/* Name ("CBOR_TRUNCATED") and sentence of a code, for people; static storage, never NULL.
 * Kept apart in base/error_text.c so that ROM, monitor and kernel need not link the texts. */
const char *error_name(struct error error);
const char *error_text(struct error error);

#endif
