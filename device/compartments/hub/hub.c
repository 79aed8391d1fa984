/* The hub: keeps a session with the owner's broker and publishes for apps. */
#include "base/reader.h"
#include "base/writer.h"
#include "device/compartments/hub/hub_session.h"
#include "device/compartments/hub/hub_settings.h"
#include "device/runtime/backoff.h"
#include "device/runtime/log_line.h"
#include "device/runtime/runtime.h"

#define IDENTITY_SIZE_BYTES_MAX 160
#define REPLY_SIZE_BYTES 4

static uint8_t heap[HUB_HEAP_SIZE_BYTES] __attribute__((aligned(8)));
static uint8_t message[RUNTIME_MESSAGE_SIZE_BYTES_MAX];
static struct hub_session session;
static struct backoff backoff;
static uint32_t next_try_ms; /* while there is no session */

static struct error read_ueid(struct ueid *ueid)
{
    uint8_t data[IDENTITY_SIZE_BYTES_MAX];
    struct buffer reply = BUFFER_OF(data);
    struct reader reader;

    TRY(runtime_monitor(MONITOR_CALL_IDENTITY, SPAN_EMPTY, &reply));
    reader_init(&reader, span_of_buffer(&reply));
    for (size_t i = 0; i < UEID_SIZE_BYTES; i++) {
        ueid->bytes[i] = reader_u8(&reader);
    }
    return reader_ok(&reader) ? ERROR_NONE : ERROR(MONITOR, ARGUMENT);
}

/* Time until then, right across the wrap of the clock; 0 if it has passed. */
static uint32_t time_until_ms(uint32_t time_ms)
{
    uint32_t left_ms = time_ms - runtime_time_ms();

    return left_ms > UINT32_MAX / 2 ? 0 : left_ms;
}

static void lose_session(const char *what, struct error error)
{
    log_line_write_error(what, error);
    hub_session_close(&session);
    next_try_ms = runtime_time_ms() + backoff_next_random_ms(&backoff);
}

static void try_to_connect(void)
{
    static const struct hub_broker broker = {HUB_BROKER_HOST, HUB_BROKER_PORT};
    struct error error = hub_session_open(&session, &broker);

    if (error_is_none(error)) {
        backoff_reset(&backoff);
        runtime_log("connected to " HUB_BROKER_NAME);
    } else if (error_is(error, ERROR_CODE_MONITOR_NOT_FOUND)) {
        next_try_ms = runtime_time_ms() + HUB_CERTIFICATE_POLL_MS;
    } else {
        lose_session("connecting failed", error);
    }
}

static struct error publish(struct span bytes)
{
    struct hub_request request;

    TRY(hub_request_parse(bytes, &request));
    if (!hub_session_is_open(&session)) {
        return ERROR(NET, UNREACHABLE);
    }
    struct error error = hub_session_publish(&session, &request);
    if (!error_is_none(error)) {
        lose_session("publishing failed", error);
    }
    return error;
}

static void reply_error(uint32_t caller, struct error error)
{
    uint8_t reply[REPLY_SIZE_BYTES];
    struct writer writer;

    writer_init(&writer, reply, sizeof(reply));
    writer_u32(&writer, error.code);
    /* A caller that is gone in the meantime needs no reply. */
    struct error ignored = runtime_reply(caller, writer_span(&writer));
    (void)ignored;
}

/* Does what is due, then gives the time until the next thing is. */
static uint32_t keep_session(void)
{
    if (!hub_session_is_open(&session) && time_until_ms(next_try_ms) == 0) {
        try_to_connect();
    }
    if (hub_session_is_open(&session) && time_until_ms(session.last_use_ms + HUB_PING_INTERVAL_MS) == 0) {
        struct error error = hub_session_ping(&session);
        if (!error_is_none(error)) {
            lose_session("connection lost", error);
        }
    }
    uint32_t left_ms = time_until_ms(hub_session_is_open(&session) ? session.last_use_ms + HUB_PING_INTERVAL_MS
                                                                   : next_try_ms);
    return left_ms > 0 ? left_ms : 1;
}

static void serve(void)
{
    for (;;) {
        struct buffer data = BUFFER_OF(message);
        struct runtime_event event;
        uint32_t timeout_ms = keep_session();
        if (!error_is_none(runtime_receive(&data, timeout_ms, &event))) {
            runtime_fail(ERROR_CODE_KERNEL_ARGUMENT);
        }
        if (event.event == KERNEL_EVENT_MESSAGE) {
            reply_error(event.caller, publish(span_of_buffer(&data)));
        }
    }
}

void compartment_main(void)
{
    struct ueid ueid;
    struct error error = tls_client_setup((struct buffer)BUFFER_OF(heap));

    if (error_is_none(error)) {
        error = read_ueid(&ueid);
    }
    if (!error_is_none(error)) {
        log_line_write_error("start failed", error);
        runtime_fail(error.code);
    }
    hub_session_init(&session, &ueid);
    backoff_init(&backoff, HUB_BACKOFF_FIRST_MS, HUB_BACKOFF_LAST_MS);
    next_try_ms = runtime_time_ms();
    serve();
}
