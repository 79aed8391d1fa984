/* A Modbus compartment that orders outputs at first and then crashes for ever (T-08: nobody but itself may feel it). */
#include "device/apps/plc/plc_image.h"
#include "device/sdk/sdk.h"
#include "device/sdk/sdk_call.h"
#include "device/systems/plc_system.h"

#define CALM_UNTIL_MS 5000u
#define PAUSE_MS 100u

void setup(void)
{
}

static void order_outputs(void)
{
    static const struct plc_order order = {.operation = PLC_ORDER_COILS, .first = 4, .count = 4, .bits = 0xF};
    uint8_t bytes[PLC_ORDER_SIZE_BYTES_MAX];
    uint8_t image[PLC_IMAGE_SIZE_BYTES];
    struct buffer reply = BUFFER_OF(image);
    struct writer writer;

    writer_init(&writer, bytes, sizeof(bytes));
    plc_order_write(&writer, &order);
    struct error error = sdk_call(SYSTEM_COMPARTMENT_SCAN, writer_span(&writer), &reply, PAUSE_MS);
    if (!error_is_none(error)) {
        sdk_log_error("the scan does not answer", error);
    }
}

void loop(void)
{
    if (sdk_time_ms() < CALM_UNTIL_MS) {
        order_outputs();
        sdk_delay_ms(PAUSE_MS);
    } else {
        __builtin_trap();
    }
}
