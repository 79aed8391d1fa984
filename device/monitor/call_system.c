/* Calls about the device itself: who it is, random bytes, time, confirmation, reset. */
#include "base/reader.h"
#include "device/hal/system.h"
#include "device/monitor/calls.h"
#include "device/monitor/random.h"
#include "device/monitor/record.h"
#include "device/monitor/state.h"
#include "device/monitor/trial.h"
#include "device/monitor/update_settle.h"

#define CALL_RANDOM_SIZE_BYTES_MAX 256

static size_t text_size_bytes(const char *text)
{
    size_t size_bytes = 0;
    while (text[size_bytes] != '\0') {
        size_bytes++;
    }
    return size_bytes;
}

struct error call_identity(struct span in, struct writer *out)
{
    if (in.size != 0) {
        return ERROR(MONITOR, ARGUMENT);
    }
    const char *host = monitor.claimed ? monitor.owner.voucher.host : MONITOR_RENDEZVOUS_HOST;
    size_t host_size_bytes = text_size_bytes(host);
    writer_bytes(out, SPAN_OF(monitor.handoff.ueid.bytes));
    writer_u32(out, monitor.handoff.epoch);
    writer_u32(out, monitor.handoff.boot_count);
    writer_u8(out, (uint8_t)monitor_mode());
    writer_u8(out, monitor.claimed ? 1 : 0);
    writer_u8(out, monitor.app_running ? 1 : 0);
    writer_u16(out, monitor.claimed ? monitor.owner.voucher.port : MONITOR_RENDEZVOUS_PORT);
    writer_u8(out, (uint8_t)host_size_bytes);
    writer_bytes(out, span_of(host, host_size_bytes));
    return ERROR_NONE;
}

struct error call_random(struct span in, struct writer *out)
{
    struct reader reader;
    reader_init(&reader, in);
    size_t size_bytes = reader_u16(&reader);
    if (!reader_ok(&reader) || reader_remaining(&reader) != 0 || size_bytes > CALL_RANDOM_SIZE_BYTES_MAX) {
        return ERROR(MONITOR, ARGUMENT);
    }
    uint8_t *bytes = writer_reserve(out, size_bytes);
    if (bytes != NULL) {
        random_bytes(bytes, size_bytes);
    }
    return ERROR_NONE;
}

struct error call_time(struct span in, struct writer *out)
{
    if (in.size != 0) {
        return ERROR(MONITOR, ARGUMENT);
    }
    const struct ticket *ticket = &monitor.ticket;
    uint32_t uptime_ms = hal_system_uptime_ms();
    uint64_t time_s = 0;
    if (ticket->time_known) {
        time_s = ticket->time_s + (uptime_ms - ticket->time_at_ms) / 1000;
    }
    writer_u32(out, uptime_ms);
    writer_u8(out, ticket->time_known ? 1 : 0);
    writer_u64(out, time_s);
    return ERROR_NONE;
}

/* True if there is something to store. What was finished in this boot has not run yet: there is nothing to confirm. That
 * an update on trial says that it runs gives it its attempts back; it stays only with a signed answer (T-16). */
static bool confirm_component(enum component component)
{
    struct boot_state *state = &monitor.record.state;
    if (state->active_slot[component] != monitor.running_slot[component]) {
        return false;
    }
    bool changed = state->attempt_count[component] != 0;
    state->attempt_count[component] = 0;
    monitor.confirmed |= (uint8_t)(1u << component);
    return trial_confirm(component) || changed;
}

struct error call_confirm(struct span in, struct writer *out)
{
    (void)out;
    if (in.size != 0) {
        return ERROR(MONITOR, ARGUMENT);
    }
    bool changed = false;
    for (size_t index = 0; index < monitor.measurement_count; index++) {
        changed = confirm_component(monitor.measurements[index].component) || changed;
    }
    /* Stored once or twice a boot, or the call would be a way to wear the flash out. */
    TRY(changed ? record_store() : ERROR_NONE);
    return update_settle();
}

struct error call_reset(struct span in, struct writer *out)
{
    (void)out;
    if (in.size != 0) {
        return ERROR(MONITOR, ARGUMENT);
    }
    hal_system_reset();
}
