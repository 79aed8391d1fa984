/* A scan that switches all outputs on and then stops for good (T-08: the field's compartment notices). */
#include "device/sdk/sdk.h"
#include "device/sdk/sdk_call.h"
#include "device/systems/plc_system.h"

#define ALIVE_UNTIL_MS 5000u
#define CYCLE_MS 10u

void setup(void)
{
}

void loop(void)
{
    static const uint8_t outputs[1] = {0xFF};
    uint8_t answer[2];
    struct buffer reply = BUFFER_OF(answer);

    if (sdk_time_ms() > ALIVE_UNTIL_MS) {
        __builtin_trap();
    }
    struct error error = sdk_call(SYSTEM_COMPARTMENT_FIELD, SPAN_OF(outputs), &reply, CYCLE_MS);
    if (!error_is_none(error)) {
        sdk_log_error("the field does not answer", error);
    }
    sdk_delay_ms(CYCLE_MS);
}
