#include "device/monitor/claim_keyset.h"

#include <string.h>

#include "device/monitor/allowance.h"
#include "device/monitor/claim.h"
#include "device/monitor/decision.h"
#include "device/monitor/line.h"

/* A new revision of the claim; then it is the one in effect, in RAM too. */
static struct error claim_replace(const struct claim *parts, struct span app_next)
{
    struct claim_copy copy = {.epoch = monitor.handoff.epoch,
                              .revision = monitor.claim_revision + 1,
                              .authority = monitor.claim_authority};
    uint32_t index = 1 - monitor.claim_copy;
    struct writer writer;
    writer_init(&writer, monitor.claim_next_bytes, CLAIM_SIZE_BYTES_MAX);
    if (!error_is_none(claim_encode(parts, &writer)) || app_next.size > KEYSET_SIZE_BYTES_MAX) {
        return ERROR(MONITOR, CAPACITY);
    }
    size_t bundle_size_bytes = writer.size;
    if (app_next.size > 0) {
        memcpy(monitor.claim_next_bytes + bundle_size_bytes, app_next.data, app_next.size);
    }
    copy.bundle = span_of(monitor.claim_next_bytes, bundle_size_bytes);
    copy.app_next = span_of(monitor.claim_next_bytes + bundle_size_bytes, app_next.size);
    TRY(claim_copy_write(index, &copy));
    memcpy(monitor.claim_bytes, monitor.claim_next_bytes, sizeof(monitor.claim_bytes));
    copy.bundle = span_of(monitor.claim_bytes, copy.bundle.size);
    copy.app_next = span_of(monitor.claim_bytes + copy.bundle.size, copy.app_next.size);
    return claim_take(index, &copy);
}

/* "monitor: app key set 4 accepted" */
static void keyset_print(const char *text, uint32_t generation, const char *end)
{
    struct line line;
    line_begin(&line, text);
    line_decimal(&line, generation);
    line_text(&line, end);
    line_end(&line);
}

static struct error keyset_verify_limited(struct span bytes, uint32_t generation, uint32_t generation_now)
{
    if (generation <= generation_now || hardened_launder(generation) <= hardened_launder(generation_now)) {
        return ERROR(KEYSET, GENERATION);
    }
    TRY(allowance_take());
    HARDENED_TRY(keyset_verify_signature(bytes));
    allowance_return();
    return ERROR_NONE;
}

static struct error control_accept(struct span bytes, const struct keyset *keyset)
{
    struct claim parts = monitor.owner.parts;
    if (span_equal(bytes, parts.control_keyset)) {
        return ERROR_NONE;
    }
    HARDENED_TRY(keyset_verify_limited(bytes, keyset->generation, monitor.owner.control.generation));
    parts.control_keyset = bytes;
    TRY(claim_replace(&parts, monitor.app_next_bytes));
    monitor.control_verified = HARDENED_TRUE;
    keyset_print("monitor: control key set ", keyset->generation, "");
    return ERROR_NONE;
}

static struct error app_accept(struct span bytes, const struct keyset *keyset)
{
    uint32_t app_now = monitor.owner.app.generation;
    uint32_t next_now = monitor.app_next.generation;
    if (span_equal(bytes, monitor.owner.parts.app_keyset) || span_equal(bytes, monitor.app_next_bytes)) {
        return ERROR_NONE;
    }
    HARDENED_TRY(keyset_verify_limited(bytes, keyset->generation, next_now > app_now ? next_now : app_now));
    TRY(claim_replace(&monitor.owner.parts, bytes));
    keyset_print("monitor: app key set ", keyset->generation, " waits for an image of it");
    return ERROR_NONE;
}

struct error claim_keyset_accept(struct span bytes)
{
    const struct sha256_digest *root = &monitor.owner.voucher.owner_root_digest;
    struct keyset keyset;
    /* What waits for the next epoch lies in the copy that would be written. */
    if (!monitor.claimed || monitor.claim_pending || monitor.record.state.epoch_requested > monitor.handoff.epoch) {
        return ERROR(MONITOR, STATE);
    }
    struct error error = keyset_parse(bytes, KEYSET_CONTROL, root, &keyset);
    if (error_is_none(error)) {
        return control_accept(bytes, &keyset);
    }
    if (error_is(error, ERROR_CODE_KEYSET_KIND)) {
        TRY(keyset_parse(bytes, KEYSET_APP, root, &keyset));
        return app_accept(bytes, &keyset);
    }
    return error;
}

struct error claim_keyset_settle(void)
{
    struct claim parts = monitor.owner.parts;
    uint32_t generation = monitor.app_next.generation;
    if (generation == 0 || monitor.app_generation < generation || monitor.claim_pending ||
        monitor.record.state.epoch_requested > monitor.handoff.epoch) {
        return ERROR_NONE;
    }
    parts.app_keyset = monitor.app_next_bytes;
    TRY(claim_replace(&parts, SPAN_EMPTY));
    keyset_print("monitor: app key set ", generation, ", those before it are dropped");
    return ERROR_NONE;
}
