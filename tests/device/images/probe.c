/* Uses net rightly and wrongly; one line a case, then a count. */
#include "base/reader.h"
#include "base/writer.h"
#include "device/runtime/log_line.h"
#include "device/runtime/net_client.h"
#include "device/runtime/net_protocol.h"
#include "device/runtime/runtime.h"
#include "device/systems/system.h"
#include "tests/device/images/echo.h"

#define SHORT_TIMEOUT_MS 300u
#define CONNECTIONS_TO_TRY 20
#define GENERATIONS_TO_TRY 64
#define INDEXES_TO_TRY 5
#define CLOSED_PORT 8443

static uint32_t passed;
static uint32_t failed;

static void check(const char *name, struct error error, uint32_t due)
{
    struct log_line line;

    if (error.code == due) {
        passed++;
        return;
    }
    failed++;
    log_line_init(&line, "failed: ");
    log_line_text(&line, name);
    log_line_text(&line, " ");
    log_line_error(&line, error);
    runtime_log(line.text);
}

/* T-08 */
static void reach_for_what_is_not_declared(void)
{
    uint32_t handle = 0;

    check("port", net_client_connect("10.0.2.100", 9999, SHORT_TIMEOUT_MS, &handle), ERROR_CODE_NET_NOT_DECLARED);
    check("host", net_client_connect("10.0.2.2", ECHO_PORT, SHORT_TIMEOUT_MS, &handle), ERROR_CODE_NET_NOT_DECLARED);
    check("broadcast", net_client_connect("10.0.2.255", ECHO_PORT, SHORT_TIMEOUT_MS, &handle),
          ERROR_CODE_NET_NOT_DECLARED);
    check("name", net_client_connect("broker", ECHO_PORT, SHORT_TIMEOUT_MS, &handle), ERROR_CODE_NET_NOT_DECLARED);
}

static void echo_in_pieces(void)
{
    static const struct {
        size_t size;
        size_t piece;
    } runs[] = {{200, 1}, {30 * 1460, 1460}, {64 * 1024, 2048}, {50 * 77, 77}};
    uint32_t handle = 0;

    check("connect", net_client_connect(ECHO_HOST, ECHO_PORT, ECHO_TIMEOUT_MS, &handle), ERROR_CODE_NONE);
    for (size_t i = 0; i < sizeof(runs) / sizeof(runs[0]); i++) {
        check("echo", echo_run(handle, runs[i].size, runs[i].piece), ERROR_CODE_NONE);
    }
    net_client_close(handle);
    check("echo after close", echo_run(handle, 1, 1), ERROR_CODE_NET_HANDLE);
}

static void wait_in_vain(void)
{
    uint8_t bytes[8];
    struct buffer received = BUFFER_OF(bytes);
    uint32_t handle = 0;

    check("connect", net_client_connect(ECHO_HOST, ECHO_PORT, ECHO_TIMEOUT_MS, &handle), ERROR_CODE_NONE);
    uint32_t start_ms = runtime_time_ms();
    check("time-out", net_client_receive(handle, &received, SHORT_TIMEOUT_MS), ERROR_CODE_NET_TIMEOUT);
    uint32_t elapsed_ms = runtime_time_ms() - start_ms;
    check("its length", elapsed_ms >= SHORT_TIMEOUT_MS && elapsed_ms < 10 * SHORT_TIMEOUT_MS ? ERROR_NONE
                                                                                             : ERROR(NET, TIMEOUT),
          ERROR_CODE_NONE);
    check("echo after a time-out", echo_run(handle, 1000, 100), ERROR_CODE_NONE);
    net_client_close(handle);
}

/* One that opens more than its share loses its own oldest, nobody else's. */
static void open_too_many(void)
{
    uint32_t handles[CONNECTIONS_TO_TRY] = {0};

    for (size_t i = 0; i < CONNECTIONS_TO_TRY; i++) {
        check("connect", net_client_connect(ECHO_HOST, ECHO_PORT, ECHO_TIMEOUT_MS, &handles[i]), ERROR_CODE_NONE);
    }
    check("oldest", echo_run(handles[0], 1, 1), ERROR_CODE_NET_HANDLE);
    check("newest", echo_run(handles[CONNECTIONS_TO_TRY - 1], 500, 100), ERROR_CODE_NONE);
    for (size_t i = 0; i < CONNECTIONS_TO_TRY; i++) {
        net_client_close(handles[i]);
    }
}

/* T-08: the neighbour's connection is among these handles. */
static void use_handles_of_others(void)
{
    for (uint32_t generation = 0; generation < GENERATIONS_TO_TRY; generation++) {
        for (uint32_t index = 0; index < INDEXES_TO_TRY; index++) {
            uint32_t handle = generation << 8 | index;
            size_t sent = 0;
            check("foreign send", net_client_send(handle, SPAN_OF("x"), SHORT_TIMEOUT_MS, &sent),
                  ERROR_CODE_NET_HANDLE);
            net_client_close(handle);
        }
    }
}

static struct error call_raw(struct span request)
{
    uint8_t bytes[64];
    struct buffer reply = BUFFER_OF(bytes);
    struct reader reader;
    struct error error;

    TRY(runtime_call(SYSTEM_COMPARTMENT_NET, request, &reply, SHORT_TIMEOUT_MS));
    reader_init(&reader, span_of_buffer(&reply));
    error.code = reader_u32(&reader);
    return error;
}

/* T-20 */
static void send_malformed_requests(void)
{
    static uint8_t large[RUNTIME_MESSAGE_SIZE_BYTES_MAX];
    static const uint8_t cut[] = {NET_OPERATION_CONNECT, 0x22};
    static const uint8_t unknown[] = {0xFF, 0, 0, 0, 0};
    static const uint8_t empty_send[] = {NET_OPERATION_SEND, 0, 0, 0, 0, 0, 0, 0, 1};
    static const uint8_t greedy[] = {NET_OPERATION_RECEIVE, 0, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF};

    check("cut", call_raw(SPAN_OF(cut)), ERROR_CODE_KERNEL_ARGUMENT);
    check("unknown", call_raw(SPAN_OF(unknown)), ERROR_CODE_KERNEL_ARGUMENT);
    check("empty", call_raw(SPAN_OF(empty_send)), ERROR_CODE_KERNEL_ARGUMENT);
    check("greedy", call_raw(SPAN_OF(greedy)), ERROR_CODE_KERNEL_ARGUMENT);
    for (size_t size = 1; size < sizeof(large); size += 97) {
        large[0] = (uint8_t)(size % 7);
        struct error error = call_raw(span_of(large, size));
        check("any size", error_is_none(error) ? ERROR(NET, HANDLE) : ERROR_NONE, ERROR_CODE_NONE);
    }
}

/* Whoever is there hangs up at once. The port was declared for TLS: this is the start of a record. */
static void talk_to_nobody(void)
{
    static const uint8_t record[] = {0x16, 3, 1, 0, 100, 1};
    uint8_t bytes[8];
    struct buffer received = BUFFER_OF(bytes);
    uint32_t handle = 0;
    size_t sent = 0;
    struct error error = net_client_connect(ECHO_HOST, CLOSED_PORT, ECHO_TIMEOUT_MS, &handle);

    if (error_is_none(error)) {
        error = net_client_send(handle, SPAN_OF(record), ECHO_TIMEOUT_MS, &sent);
    }
    if (error_is_none(error)) {
        error = net_client_receive(handle, &received, ECHO_TIMEOUT_MS);
    }
    net_client_close(handle);
    check("nobody", error_is(error, ERROR_CODE_NET_UNREACHABLE) ? ERROR(NET, CLOSED) : error, ERROR_CODE_NET_CLOSED);
}

/* T-08 */
static void send_plain_text_where_tls_was_declared(void)
{
    uint32_t handle = 0;
    size_t sent = 0;
    struct error error = net_client_connect(ECHO_HOST, CLOSED_PORT, ECHO_TIMEOUT_MS, &handle);

    if (error_is_none(error)) {
        error = net_client_send(handle, span_of("GET /", 5), ECHO_TIMEOUT_MS, &sent);
    }
    net_client_close(handle);
    /* The peer may have hung up first. */
    bool stayed = error_is(error, ERROR_CODE_NET_PLAIN) || error_is(error, ERROR_CODE_NET_CLOSED) ||
                  error_is(error, ERROR_CODE_NET_UNREACHABLE);
    check("plain text", stayed ? ERROR_NONE : ERROR(NET, PLAIN), ERROR_CODE_NONE);
}

void compartment_main(void)
{
    struct buffer nothing = {NULL, 0, 0};
    struct log_line line;

    reach_for_what_is_not_declared();
    echo_in_pieces();
    wait_in_vain();
    open_too_many();
    use_handles_of_others();
    send_malformed_requests();
    talk_to_nobody();
    send_plain_text_where_tls_was_declared();
    log_line_init(&line, "passed ");
    log_line_uint(&line, passed);
    log_line_text(&line, " failed ");
    log_line_uint(&line, failed);
    runtime_log(line.text);
    check("confirm", runtime_monitor(MONITOR_CALL_CONFIRM, SPAN_EMPTY, &nothing), ERROR_CODE_NONE);
    for (;;) {
        runtime_sleep_ms(1000);
    }
}
