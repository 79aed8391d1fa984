/* Keeps the monitor signing. */
#include "device/runtime/runtime.h"
#include "tests/isolation/images/report.h"

void compartment_main(void)
{
    static uint8_t digest[32];
    uint32_t good = 0, bad = 0;
    for (;;) {
        uint8_t signature[64];
        struct buffer reply = BUFFER_OF(signature);
        digest[0]++;
        if (error_is_none(runtime_monitor(MONITOR_CALL_OPERATIONAL_SIGN, SPAN_OF(digest), &reply)) &&
            reply.size == sizeof signature) {
            good++;
        } else {
            bad++;
        }
        report("signed", (uint32_t[]){good, bad}, 2);
    }
}
