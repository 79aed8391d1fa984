/* The call that ends on the console: log lines. */
#include <assert.h>

#include "device/monitor/calls.h"
#include "device/monitor/line.h"

#define CALL_LOG_SIZE_BYTES_MAX 200

static_assert(CALL_LOG_SIZE_BYTES_MAX + sizeof("ns: ") - 1 <= LINE_SIZE_BYTES_MAX, "no line is cut");

struct error call_log(struct span in, struct writer *out)
{
    (void)out;
    if (in.size > CALL_LOG_SIZE_BYTES_MAX) {
        return ERROR(MONITOR, ARGUMENT);
    }
    struct line line;
    line_begin(&line, "ns: ");
    line_untrusted(&line, in);
    line_end(&line);
    return ERROR_NONE;
}
