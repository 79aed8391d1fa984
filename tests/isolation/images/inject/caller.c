/* Calls net, hub and the app in turn, so that whoever leaves a call unanswered is found, and counts what it gets. */
#include "device/runtime/runtime.h"
#include "device/systems/system.h"
#include "tests/isolation/images/report.h"

#define PAUSE_MS 7
#define ROUND_COUNT 100
#define TIMEOUT_MS 400

void compartment_main(void)
{
    static const uint32_t targets[] = {SYSTEM_COMPARTMENT_NET, SYSTEM_COMPARTMENT_HUB};
    uint32_t answered = 0, down = 0, other = 0;
    for (uint32_t round = 1;; round++) {
        uint8_t answer[64];
        struct buffer reply = BUFFER_OF(answer);
        struct error error = runtime_call(targets[round % 2], span_of("\xFF", 1), &reply, TIMEOUT_MS);
        if (error_is_none(error)) {
            answered++;
        } else if (error_is(error, ERROR_CODE_KERNEL_PEER_DOWN)) {
            down++;
        } else {
            other++;
        }
        if (round % ROUND_COUNT == 0) {
            report("calls", (uint32_t[]){answered, down, other}, 3);
        }
        runtime_sleep_ms(PAUSE_MS);
    }
}
