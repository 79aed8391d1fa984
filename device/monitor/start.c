/* monitor_start: from the ROM's hand-over to a verified base (and app) in memory. */
#include "base/ensure.h"
#include "base/secret.h"
#include "device/hal/memory.h"
#include "device/hal/system.h"
#include "device/hal/watchdog.h"
#include "device/monitor/claim.h"
#include "device/monitor/decision.h"
#include "device/monitor/failure.h"
#include "device/monitor/line.h"
#include "device/monitor/load.h"
#include "device/monitor/monitor.h"
#include "device/monitor/random.h"
#include "device/monitor/record.h"
#include "device/monitor/trial.h"

/* The hand-over holds the secrets of this boot: it is copied and wiped before anything else is done (threat T-03). */
static void start_take_handoff(void)
{
    struct handoff *source = hal_memory_handoff();
    ENSURE(source->magic == HANDOFF_MAGIC && source->size_bytes == sizeof(*source));
    monitor.handoff = *source;
    secret_wipe(source, sizeof(*source));
    ENSURE(monitor.handoff.attestation_certificate_size_bytes <= ATTESTATION_CERTIFICATE_SIZE_BYTES_MAX);
    ENSURE(monitor.handoff.fuses.batch_size_bytes <= BATCH_SIZE_BYTES_MAX);
}

static void start_print_error(const char *text, struct error error)
{
    struct line line;
    line_begin(&line, text);
    line_error(&line, error);
    line_end(&line);
}

static void start_print_mode(void)
{
    struct line line;
    line_begin(&line, "monitor: start ");
    line_text(&line, monitor.claimed ? "normal" : "unclaimed");
    line_end(&line);
}

static struct error start_open_record(void)
{
    struct error error = record_open();
    if (error_is(error, ERROR_CODE_BOOT_RECORD)) {
        /* The record starts anew: attempts and slot choice are lost, nothing that decides what may run. */
        start_print_error("monitor: record ", error);
        return ERROR_NONE;
    }
    return error;
}

static void start_measure_monitor(void)
{
    monitor.measurements[0] = (struct measurement){
        .component = COMPONENT_MONITOR,
        .sequence = monitor.handoff.monitor_sequence,
        .digest = monitor.handoff.monitor_digest,
        .authority = monitor.handoff.monitor_authority,
    };
    monitor.measurement_count = 1;
}

/* Whatever is stored from now on, these are the slots that this boot came from. */
static void start_keep_slots(void)
{
    for (size_t component = 1; component <= COMPONENT_COUNT; component++) {
        monitor.running_slot[component] = monitor.record.state.active_slot[component];
    }
    monitor.running_slot[COMPONENT_MONITOR] = (uint8_t)(monitor.handoff.monitor_slot & 1u);
}

/* What the ROM has refused it could tell nobody but the console of the ROM. */
static void start_print_refused_monitor(void)
{
    uint32_t other = (monitor.handoff.monitor_slot & 1u) ^ 1u;
    struct error error = {monitor.handoff.slot_errors[other]};
    if (!error_is_none(error)) {
        monitor.load_errors[COMPONENT_MONITOR] = error;
        load_print_refusal(COMPONENT_MONITOR, other, error);
    }
}

struct error monitor_start(void)
{
    secret_wipe(&monitor, sizeof(monitor));
    start_take_handoff();
    hal_watchdog_feed();
    random_start();
    TRY(start_open_record());
    TRY(failure_start());
    start_measure_monitor();
    start_print_refused_monitor();
    struct error error = claim_start();
    if (!error_is_none(error) && !error_is(error, ERROR_CODE_MONITOR_NOT_FOUND)) {
        start_print_error("monitor: claim refused ", error);
    }
    HARDENED_TRY(load_base());
    if (monitor.claimed) {
        error = load_app();
        if (!error_is_none(error)) {
            start_print_error("monitor: no app ", error);
        }
    }
    start_keep_slots();
    TRY(trial_start());
    start_print_mode();
    monitor.started_ms = hal_system_uptime_ms();
    monitor.started = true;
    return ERROR_NONE;
}
