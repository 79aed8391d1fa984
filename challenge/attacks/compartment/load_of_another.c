/* Asks for an object that another compartment has stored, and names it as the owner (T-08, T-21). */
#include "challenge/attacks/compartment/attack.h"

#define VICTIM 0

void compartment_main(void)
{
    static const uint8_t request[] = {MONITOR_STORAGE_SEALED, VICTIM, 1};
    uint8_t bytes[64];
    struct buffer reply = BUFFER_OF(bytes);
    attack_announce();
    struct error error = runtime_monitor(MONITOR_CALL_LOAD, SPAN_OF(request), &reply);
    if (error_is_none(error)) {
        attack_survived();
    }
    runtime_log(error_is(error, ERROR_CODE_MONITOR_NOT_FOUND) ? "not found" : "failed");
    runtime_sleep_ms(100000);
}
