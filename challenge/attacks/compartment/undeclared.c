/* Uses what it did not declare: a compartment, a monitor call, an interrupt (T-08). Each must be refused by its error. */
#include "challenge/attacks/compartment/attack.h"

#define SERVER 0

void compartment_main(void)
{
    uint8_t bytes[64];
    struct buffer reply = BUFFER_OF(bytes);
    attack_announce();
    if (!error_is(runtime_call(SERVER, SPAN_EMPTY, &reply, 0), ERROR_CODE_KERNEL_NOT_DECLARED) ||
        !error_is(runtime_monitor(MONITOR_CALL_OPERATIONAL_SIGN, span_of(bytes, 32), &reply),
                  ERROR_CODE_KERNEL_NOT_DECLARED)) {
        attack_survived();
    }
    runtime_log("refused");
    runtime_sleep_ms(100000);
}
