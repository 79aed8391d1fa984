/* Holds a connection and uses it for ever; says so. What the probe does must not be felt here. */
#include "device/runtime/log_line.h"
#include "device/runtime/net_client.h"
#include "device/runtime/runtime.h"
#include "tests/device/images/echo.h"

#define ROUND_SIZE_BYTES 600
#define PIECE_SIZE_BYTES 300
#define PAUSE_MS 50

void compartment_main(void)
{
    uint32_t handle = 0;
    uint32_t rounds = 0;
    struct error error = net_client_connect(ECHO_HOST, ECHO_PORT, ECHO_TIMEOUT_MS, &handle);

    while (error_is_none(error)) {
        error = echo_run(handle, ROUND_SIZE_BYTES, PIECE_SIZE_BYTES);
        if (++rounds % 10 == 0 && error_is_none(error)) {
            struct log_line line;
            log_line_init(&line, "rounds ");
            log_line_uint(&line, rounds);
            runtime_log(line.text);
        }
        runtime_sleep_ms(PAUSE_MS);
    }
    log_line_write_error("lost its connection", error);
    runtime_fail(error.code);
}
