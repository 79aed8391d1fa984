/* The agent: claims an unclaimed device, checks a claimed one in and updates it, for ever. See agent_claim.h,
 * agent_checkin.h and agent_update.h. */
#include "device/compartments/agent/agent_checkin.h"
#include "device/compartments/agent/agent_claim.h"
#include "device/compartments/agent/agent_identity.h"
#include "device/compartments/agent/agent_settings.h"
#include "device/compartments/agent/agent_update.h"
#include "device/runtime/backoff.h"
#include "device/runtime/log_line.h"
#include "device/runtime/runtime.h"

#define MS_A_SECOND 1000u
#define UEID_SHOWN_SIZE_BYTES 8

static uint8_t heap[AGENT_HEAP_SIZE_BYTES] __attribute__((aligned(8)));
static uint8_t exchange_memory[AGENT_EXCHANGE_SIZE_BYTES];
static struct agent_patch patch;

static void log_identity(const struct agent_identity *identity)
{
    struct log_line line;

    log_line_init(&line, "device ");
    log_line_hex(&line, span_of(identity->ueid.bytes, UEID_SHOWN_SIZE_BYTES));
    log_line_text(&line, " epoch ");
    log_line_uint(&line, identity->epoch);
    log_line_text(&line, " boot ");
    log_line_uint(&line, identity->boot_count);
    log_line_text(&line, identity->claimed ? ", service " : ", unclaimed, asks ");
    log_line_text(&line, identity->host);
    log_line_text(&line, ":");
    log_line_uint(&line, identity->port);
    runtime_log(line.text);
}

static void log_checkin(const struct agent_checkin_result *result)
{
    struct log_line line;

    log_line_init(&line, "checked in, ticket ");
    log_line_uint(&line, result->ticket_lifetime_s);
    log_line_text(&line, " s");
    runtime_log(line.text);
    if (result->certificate_received) {
        runtime_log("operational certificate received");
    }
}

static uint32_t interval_ms(uint32_t ticket_lifetime_s)
{
    uint32_t interval_s = ticket_lifetime_s / 2;

    if (interval_s < AGENT_CHECKIN_INTERVAL_S_MIN) {
        interval_s = AGENT_CHECKIN_INTERVAL_S_MIN;
    }
    if (interval_s > AGENT_CHECKIN_INTERVAL_S_MAX) {
        interval_s = AGENT_CHECKIN_INTERVAL_S_MAX;
    }
    return interval_s * MS_A_SECOND;
}

/* One try at whatever is due: a claim, which ends in a reset, or a check-in. */
static struct error work(const struct agent_identity *identity, struct agent_checkin *checkin,
                         struct agent_checkin_result *result)
{
    struct buffer nothing = {NULL, 0, 0};

    if (!identity->claimed) {
        TRY(agent_claim_run(identity, checkin->memory));
        runtime_log("claim accepted, restarts");
        return runtime_monitor(MONITOR_CALL_RESET, SPAN_EMPTY, &nothing);
    }
    TRY(agent_checkin_run(checkin, identity, result));
    log_checkin(result);
    return ERROR_NONE;
}

/* Kernel, net and agent have gone through a whole round: this image runs. Whether the service answered says nothing
 * about it: lack of contact is not a failed boot. For an update on trial the monitor decides otherwise, so it is told
 * once more when the service has answered. */
static void confirm(bool contact)
{
    static bool confirmed;
    static bool confirmed_contact;
    struct buffer nothing = {NULL, 0, 0};

    if (confirmed && (!contact || confirmed_contact)) {
        return;
    }
    struct error error = runtime_monitor(MONITOR_CALL_CONFIRM, SPAN_EMPTY, &nothing);
    if (!error_is_none(error)) {
        log_line_write_error("confirming the boot failed", error);
    }
    confirmed = true;
    confirmed_contact = contact;
}

static void serve(const struct agent_identity *identity, struct agent_checkin *checkin)
{
    struct backoff backoff;

    backoff_init(&backoff, AGENT_BACKOFF_FIRST_MS, AGENT_BACKOFF_LAST_MS);
    for (;;) {
        struct agent_checkin_result result = {0};
        struct error error = work(identity, checkin, &result);
        const char *failure = identity->claimed ? "check-in failed" : "claim failed";
        confirm(error_is_none(error));
        if (error_is_none(error)) {
            error = agent_update_run(checkin, identity, &result, &patch);
            failure = "update interrupted";
        }
        uint32_t wait_ms = interval_ms(result.ticket_lifetime_s);
        if (error_is_none(error)) {
            backoff_reset(&backoff);
            wait_ms = result.failures_wait ? AGENT_CHECKIN_INTERVAL_S_MIN * MS_A_SECOND : wait_ms;
        } else {
            log_line_write_error(failure, error);
            wait_ms = backoff_next_random_ms(&backoff);
        }
        runtime_sleep_ms(wait_ms);
    }
}

void compartment_main(void)
{
    static struct agent_identity identity;
    static struct agent_checkin checkin;

    agent_checkin_init(&checkin, (struct buffer)BUFFER_OF(exchange_memory));
    struct error error = tls_client_setup((struct buffer)BUFFER_OF(heap));
    if (error_is_none(error)) {
        error = agent_identity_read(&identity);
    }
    if (!error_is_none(error)) {
        log_line_write_error("start failed", error);
        runtime_fail(error.code);
    }
    log_identity(&identity);
    serve(&identity, &checkin);
}
