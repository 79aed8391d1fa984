#include "device/monitor/claim.h"

#include "base/secret.h"
#include "device/monitor/allowance.h"
#include "device/monitor/certificate_key.h"
#include "device/monitor/claim_copy.h"
#include "device/monitor/claim_right.h"
#include "device/monitor/decision.h"
#include "device/monitor/line.h"

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

static struct error claim_load_copy(uint32_t copy)
{
    monitor.claim_bundle = BUFFER_OF(monitor.claim_bytes);
    struct sha256_digest authority;
    TRY(claim_copy_read(copy, monitor.handoff.epoch, &monitor.claim_bundle, &authority));
    HARDENED_TRY(claim_read(span_of_buffer(&monitor.claim_bundle), &monitor.owner));
    /* The signer was the maker or the owner of that time when the claim was accepted; the MAC vouches for that. */
    if (!decision_is_true(
            hardened_equal(authority.bytes, monitor.owner.authority.bytes, sizeof(authority.bytes)))) {
        return ERROR(VOUCHER, SIGNER);
    }
    HARDENED_TRY(voucher_verify_signature(monitor.owner.parts.voucher));
    monitor.claim_copy = copy;
    monitor.claimed = true;
    return ERROR_NONE;
}

struct error claim_start(void)
{
    struct error error = claim_load_copy(0);
    if (error_is(error, ERROR_CODE_MONITOR_NOT_FOUND)) {
        error = claim_load_copy(1);
    }
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

static struct error claim_store_for_next_epoch(struct span bundle, const struct sha256_digest *authority)
{
    uint32_t next_epoch = monitor.handoff.epoch + 1;
    uint32_t copy = monitor.claimed ? 1 - monitor.claim_copy : 0;
    TRY(claim_copy_write(copy, next_epoch, bundle, authority));
    monitor.record.state.epoch_requested = next_epoch;
    return boot_record_store(&monitor.record);
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
    TRY(claim_store_for_next_epoch(bundle, &candidate->authority));
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
        return boot_record_store(&monitor.record);
    }
    return claim_store_for_next_epoch(span_of_buffer(&monitor.claim_bundle), &monitor.owner.authority);
}
