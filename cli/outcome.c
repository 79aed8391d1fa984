#include "cli/outcome.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "cli/text.h"

#define COMPLAINT_SIZE_BYTES 8192

static void complain(const char *format, va_list arguments, const char *cause)
{
    fflush(stdout);
    char text[COMPLAINT_SIZE_BYTES];
    vsnprintf(text, sizeof text, format, arguments);
    text_clean(text); /* the service's own words may be in it */
    fprintf(stderr, "sopris: %s%s%s\n", text, cause != NULL ? ": " : "", cause != NULL ? cause : "");
}

struct outcome outcome_refused(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    complain(format, arguments, NULL);
    va_end(arguments);
    return (struct outcome){EXIT_CODE_REFUSED};
}

struct outcome outcome_usage(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    complain(format, arguments, NULL);
    va_end(arguments);
    return (struct outcome){EXIT_CODE_USAGE};
}

struct outcome outcome_unreachable(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    complain(format, arguments, NULL);
    va_end(arguments);
    return (struct outcome){EXIT_CODE_UNREACHABLE};
}

struct outcome outcome_errno(const char *format, ...)
{
    const char *cause = strerror(errno);
    va_list arguments;
    va_start(arguments, format);
    complain(format, arguments, cause);
    va_end(arguments);
    return (struct outcome){EXIT_CODE_REFUSED};
}

struct outcome outcome_of_error(struct error error, const char *format, ...)
{
    if (error_is_none(error)) {
        return OUTCOME_OK;
    }
    char cause[256];
    snprintf(cause, sizeof cause, "%s (%s)", error_text(error), error_name(error));
    va_list arguments;
    va_start(arguments, format);
    complain(format, arguments, cause);
    va_end(arguments);
    return (struct outcome){EXIT_CODE_REFUSED};
}

void outcome_remark(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    complain(format, arguments, NULL);
    va_end(arguments);
}
