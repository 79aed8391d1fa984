/* Calls the server and checks what comes back. */
#include "device/runtime/runtime.h"
#include "tests/isolation/images/report.h"

#define SERVER 0

void compartment_main(void)
{
    uint32_t good = 0, bad = 0;
    for (uint32_t round = 1;; round++) {
        uint8_t request[5] = {(uint8_t)round, 2, 3, 4, (uint8_t)(round >> 8)};
        uint8_t answer[8];
        struct buffer reply = BUFFER_OF(answer);
        struct error error = runtime_call(SERVER, SPAN_OF(request), &reply, 1000);
        if (error_is_none(error) && reply.size == 5 && answer[0] == request[4] && answer[4] == request[0]) {
            good++;
        } else {
            bad++;
        }
        if (round % 50 == 0) {
            report("echo", (uint32_t[]){good, bad}, 2);
        }
        runtime_sleep_ms(2);
    }
}
