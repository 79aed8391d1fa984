/* What an attacker who owns net can do to the compartments that ask it: refuse, invent handles, answer with other sizes than
 * were asked for and with bytes of its own (T-01, T-20); and what it asks for that net may not have (T-08). */
#include "base/writer.h"
#include "device/runtime/log_line.h"
#include "device/runtime/net_protocol.h"
#include "device/runtime/runtime.h"
#include "device/systems/system.h"

static uint8_t message[RUNTIME_MESSAGE_SIZE_BYTES_MAX];
static uint8_t reply[RUNTIME_MESSAGE_SIZE_BYTES_MAX];

static void expect_refusal(const char *what, struct error error)
{
    if (error_is(error, ERROR_CODE_KERNEL_NOT_DECLARED)) {
        runtime_log("refused");
    } else {
        log_line_write_error(what, error);
    }
}

static void reach_out(void)
{
    static const enum monitor_call calls[] = {MONITOR_CALL_EVIDENCE, MONITOR_CALL_OPERATIONAL_SIGN, MONITOR_CALL_CLAIM,
                                              MONITOR_CALL_RESET, MONITOR_CALL_STORE, MONITOR_CALL_UPDATE_BEGIN};
    struct buffer out = BUFFER_OF(reply);

    for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
        expect_refusal("REACHED the monitor", runtime_monitor(calls[i], span_of(message, 64), &out));
    }
    expect_refusal("REACHED the agent", runtime_call(SYSTEM_COMPARTMENT_AGENT, span_of(message, 4), &out, 100));
    expect_refusal("REACHED the hub", runtime_call(SYSTEM_COMPARTMENT_HUB, span_of(message, 4), &out, 100));
}

/* A reply of another kind each time: right, too long, too short, an error, nonsense. */
static void answer(uint32_t caller, uint32_t turn)
{
    static const size_t sizes[] = {8, RUNTIME_MESSAGE_SIZE_BYTES_MAX, 3, 4 + NET_PROTOCOL_DATA_SIZE_BYTES_MAX, 4, 0, 6, 700};
    size_t size = sizes[turn % (sizeof(sizes) / sizeof(sizes[0]))];
    struct writer writer;

    for (size_t i = 0; i < sizeof(reply); i++) {
        reply[i] = (uint8_t)(i * 7 + turn);
    }
    writer_init(&writer, reply, sizeof(reply));
    writer_u32(&writer, turn % 5 == 4 ? 0xFFFFFFFFu : ERROR_CODE_NONE);
    struct error ignored = runtime_reply(caller, span_of(reply, size));
    (void)ignored;
}

void compartment_main(void)
{
    uint32_t turn = 0;

    runtime_log("owned");
    reach_out();
    for (;;) {
        struct buffer data = BUFFER_OF(message);
        struct runtime_event event;
        if (error_is_none(runtime_receive(&data, 1000, &event)) && event.event == KERNEL_EVENT_MESSAGE) {
            answer(event.caller, turn++);
            if (turn % 8 == 0) {
                runtime_log("answered eight");
            }
        }
    }
}
