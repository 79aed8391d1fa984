/* The net compartment: one loop over messages, the Ethernet interrupt and time. */
#include <lwip/timeouts.h>

#include "device/compartments/net/net_connection.h"
#include "device/compartments/net/net_interface.h"
#include "device/runtime/log_line.h"
#include "device/runtime/runtime.h"

/* Also the longest that a frame can lie unseen should an interrupt be lost. */
#define WAIT_MS_MAX 1000u

/* Between two bursts of frames: compartments below net run, in a flood too. */
#define PAUSE_MS 1u

static bool frames_left;
static uint8_t message[RUNTIME_MESSAGE_SIZE_BYTES_MAX];

_Static_assert(sizeof(message) >= NET_PROTOCOL_REQUEST_SIZE_BYTES_MAX, "every request fits");

static uint32_t smaller(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

/* At least 1: 0 would be for ever. */
static uint32_t wait_ms(uint32_t until_deadline_ms)
{
    uint32_t wait = smaller(smaller(until_deadline_ms, sys_timeouts_sleeptime()), frames_left ? 1 : WAIT_MS_MAX);

    return wait > 0 ? wait : 1;
}

static void serve(uint32_t caller, struct span bytes)
{
    struct net_request request;
    struct error error = net_request_parse(bytes, &request);

    if (error_is_none(error)) {
        net_connection_serve(caller, &request);
    } else {
        net_connection_reply_error(caller, error);
    }
}

static void wait_and_serve(uint32_t timeout_ms)
{
    struct buffer data = BUFFER_OF(message);
    struct runtime_event event;

    if (!error_is_none(runtime_receive(&data, timeout_ms, &event))) {
        runtime_fail(ERROR_CODE_KERNEL_ARGUMENT);
    }
    if (event.event == KERNEL_EVENT_MESSAGE) {
        serve(event.caller, span_of_buffer(&data));
    }
    frames_left = net_interface_poll();
    if (event.event == KERNEL_EVENT_INTERRUPT) {
        runtime_interrupt_done();
    }
    if (frames_left) {
        runtime_sleep_ms(PAUSE_MS);
    }
}

void compartment_main(void)
{
    struct error error = net_interface_start();

    if (!error_is_none(error)) {
        log_line_write_error("start failed", error);
        runtime_fail(error.code);
    }
    runtime_log("up, 10.0.2.15");
    runtime_interrupt_done(); /* The controller is set up: its interrupt line means what it should. */
    for (;;) {
        wait_and_serve(wait_ms(net_connection_check_waits()));
        sys_check_timeouts();
    }
}
