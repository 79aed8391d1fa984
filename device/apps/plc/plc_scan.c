/* The scan cycle: every 10 ms inputs, program, outputs; in between it answers the Modbus compartment. Nothing that the
 * network does delays it: orders are taken only while there is time left until the next cycle. It writes no lines: a line
 * waits for the monitor, which may be making a signature. The Modbus compartment says what is to be said. */
#include "device/apps/plc/plc_image.h"
#include "device/apps/plc/plc_program.h"
#include "device/sdk/sdk.h"
#include "device/sdk/sdk_call.h"
#include "device/sdk/sdk_timer.h"
#include "device/systems/plc_system.h"

#define CYCLE_MS 10u
#define FIELD_TIMEOUT_MS 5u
/* The Modbus compartment calls at least every 100 ms; its orders count this long without it. */
#define MASTER_SILENCE_MS_MAX 500u

static struct sdk_timer timer;
static struct plc_image image;
static uint32_t cycles;
static uint8_t outputs;
static uint32_t master_heard_ms;
static bool master_there;

void setup(void)
{
    image.settings[PLC_SETTING_BLINK_CYCLES] = 50;
    sdk_timer_start(&timer, CYCLE_MS);
}

static void exchange_with_field(void)
{
    uint8_t answer[2] = {0, 0};
    struct buffer reply = BUFFER_OF(answer);
    struct error error = sdk_call(SYSTEM_COMPARTMENT_FIELD, span_of(&outputs, 1), &reply, FIELD_TIMEOUT_MS);

    if (error_is_none(error) && reply.size == sizeof(answer) && answer[0] == 1) {
        image.inputs = answer[1];
    } else {
        image.measured[PLC_MEASURED_FIELD_LOST]++;
    }
}

/* A master that cannot be heard orders nothing. */
static void forget_a_lost_master(void)
{
    if (master_there && sdk_time_ms() - master_heard_ms > MASTER_SILENCE_MS_MAX) {
        master_there = false;
        image.coils = 0;
        image.measured[PLC_MEASURED_MASTER_LOST]++;
    }
}

static void run_cycle(void)
{
    sdk_timer_begin(&timer);
    forget_a_lost_master();
    outputs = plc_program_cycle(&image, cycles, outputs);
    exchange_with_field();
    cycles++;
    image.measured[PLC_MEASURED_CYCLES_LOW] = (uint16_t)cycles;
    image.measured[PLC_MEASURED_CYCLES_HIGH] = (uint16_t)(cycles >> 16);
    image.measured[PLC_MEASURED_LATE_MS_MAX] = (uint16_t)timer.late_ms_max;
    image.measured[PLC_MEASURED_MISSED] = (uint16_t)timer.missed_count;
    image.measured[PLC_MEASURED_OUTPUTS] = outputs;
}

static void serve(struct span request, uint32_t caller)
{
    uint8_t memory[PLC_IMAGE_SIZE_BYTES];
    struct plc_order order;
    struct writer reply;

    writer_init(&reply, memory, sizeof(memory));
    if (plc_order_read(request, &order)) {
        plc_order_apply(&order, &image);
        master_heard_ms = sdk_time_ms();
        master_there = true;
        plc_image_write(&reply, &image);
    }
    sdk_answer(caller, writer_span(&reply));
}

void loop(void)
{
    uint8_t memory[PLC_ORDER_SIZE_BYTES_MAX];
    struct buffer request = BUFFER_OF(memory);
    uint32_t caller = 0;
    uint32_t left_ms = sdk_timer_left_ms(&timer);

    if (left_ms == 0) {
        run_cycle();
    } else if (sdk_wait_call(&request, left_ms, &caller)) {
        serve(span_of_buffer(&request), caller);
    }
}
