#include "device/monitor/allowance.h"
#include "device/monitor/certificate_key.h"
#include "device/monitor/claim.h"
#include "device/monitor/claim_copy.h"
#include "device/monitor/claim_right.h"
#include "device/monitor/decision.h"
#include "device/monitor/line.h"
#include "device/monitor/record.h"

#include "base/secret.h"

/* The owner's root certificate counts for its key alone, and that key must be the one that the voucher names. */
static struct error claim_check_owner(const struct ownership *owner)
{
    struct ecdsa_p256_public_key key;
    TRY(certificate_key(owner->parts.owner_certificate, &key));
    struct sha256_digest digest = sha256_of(SPAN_OF(key.bytes));
    if (!decision_is_true(
            hardened_equal(digest.bytes, owner->voucher.owner_root_digest.bytes, sizeof(digest.bytes)))) {
        return ERROR(VOUCHER, OWNER);
    }
    return ERROR_NONE;
}

struct error claim_read(struct span bundle, struct ownership *out)
{
    TRY(claim_parse(bundle, &out->parts));
    TRY(voucher_parse(out->parts.voucher, &out->voucher));
    struct span batch = span_of(monitor.handoff.fuses.batch, monitor.handoff.fuses.batch_size_bytes);
    if (!voucher_covers(&out->voucher, &monitor.handoff.ueid, batch)) {
        return ERROR(VOUCHER, SUBJECT);
    }
    out->authority = sha256_of(SPAN_OF(out->voucher.signer.bytes));
    HARDENED_TRY(claim_check_owner(out));
    HARDENED_TRY(keyset_parse(out->parts.control_keyset, KEYSET_CONTROL, &out->voucher.owner_root_digest,
                              &out->control));
    return keyset_parse(out->parts.app_keyset, KEYSET_APP, &out->voucher.owner_root_digest, &out->app);
}

struct error claim_take(uint32_t index, const struct claim_copy *copy)
{
    struct keyset next = {0};
    HARDENED_TRY(claim_read(copy->bundle, &monitor.owner));
    /* The signer was the maker or the owner of that time when the claim was accepted; the MAC vouches for that. */
    if (!decision_is_true(
            hardened_equal(copy->authority.bytes, monitor.owner.authority.bytes, sizeof(copy->authority.bytes)))) {
        return ERROR(VOUCHER, SIGNER);
    }
    if (copy->app_next.size > 0) {
        TRY(keyset_parse(copy->app_next, KEYSET_APP, &monitor.owner.voucher.owner_root_digest, &next));
    }
    monitor.claim_copy = index;
    monitor.claim_revision = copy->revision;
    monitor.claim_authority = copy->authority;
    monitor.claim_bundle = copy->bundle;
    monitor.app_next_bytes = copy->app_next;
    monitor.app_next = next;
    return ERROR_NONE;
}

/* Of the two copies the one of this epoch with the higher revision. */
static struct error claim_find(uint32_t *index)
{
    struct error found = ERROR(MONITOR, NOT_FOUND);
    uint32_t revision = 0;
    for (uint32_t candidate = 0; candidate < CLAIM_COPY_COUNT; candidate++) {
        struct claim_copy copy;
        struct error error =
            claim_copy_read(candidate, monitor.handoff.epoch, (struct buffer)BUFFER_OF(monitor.claim_bytes), &copy);
        if (error_is_none(error) && (!error_is_none(found) || copy.revision > revision)) {
            found = ERROR_NONE;
            revision = copy.revision;
            *index = candidate;
        }
    }
    return found;
}

static struct error claim_load(void)
{
    uint32_t index = 0;
    struct claim_copy copy;
    TRY(claim_find(&index));
    TRY(claim_copy_read(index, monitor.handoff.epoch, (struct buffer)BUFFER_OF(monitor.claim_bytes), &copy));
    HARDENED_TRY(claim_take(index, &copy));
    HARDENED_TRY(voucher_verify_signature(monitor.owner.parts.voucher));
    monitor.claimed = true;
    return ERROR_NONE;
}

struct error claim_start(void)
{
    struct error error = claim_load();
    if (!error_is_none(error)) {
        secret_wipe(&monitor.owner, sizeof(monitor.owner));
    }
    return error;
}

static struct error claim_verify_signatures(const struct ownership *candidate)
{
    HARDENED_TRY(voucher_verify_signature(candidate->parts.voucher));
    HARDENED_TRY(keyset_verify_signature(candidate->parts.control_keyset));
    HARDENED_TRY(keyset_verify_signature(candidate->parts.app_keyset));
    return ERROR_NONE;
}

/* Into the copy that is not in effect. */
static struct error claim_store_for_next_epoch(struct span bundle, struct span app_next,
                                               const struct sha256_digest *authority)
{
    struct claim_copy copy = {.epoch = monitor.handoff.epoch + 1,
                              .revision = 1,
                              .authority = *authority,
                              .bundle = bundle,
                              .app_next = app_next};
    TRY(claim_copy_write(monitor.claimed ? 1 - monitor.claim_copy : 0, &copy));
    monitor.record.state.epoch_requested = copy.epoch;
    return record_store();
}

struct error claim_accept(struct span bundle)
{
    /* Once a boot, so that nobody wears the flash out with a bundle that verifies. */
    if (monitor.claim_pending) {
        return ERROR(MONITOR, STATE);
    }
    struct ownership *candidate = &monitor.candidate;
    HARDENED_TRY(claim_read(bundle, candidate));
    HARDENED_TRY(claim_right_check(candidate));
    TRY(allowance_take());
    HARDENED_TRY(claim_verify_signatures(candidate));
    allowance_return();
    monitor.claim_pending = true;
    TRY(claim_store_for_next_epoch(bundle, SPAN_EMPTY, &candidate->authority));
    struct line line;
    line_begin(&line, "monitor: claim ");
    line_digest(&line, candidate->voucher.owner_root_digest.bytes);
    line_end(&line);
    return ERROR_NONE;
}

struct error claim_request_epoch(void)
{
    if (monitor.claim_pending || monitor.record.state.epoch_requested == monitor.handoff.epoch + 1) {
        return ERROR_NONE; /* Requested already; a claim that waits for that epoch is not written over. */
    }
    if (!monitor.claimed) {
        monitor.record.state.epoch_requested = monitor.handoff.epoch + 1;
        return record_store();
    }
    return claim_store_for_next_epoch(monitor.claim_bundle, monitor.app_next_bytes, &monitor.claim_authority);
}
