#include "device/monitor/claim_right.h"

#include "device/monitor/decision.h"

static uint32_t is_authority(const struct sha256_digest *authority, const struct sha256_digest *root)
{
    return hardened_equal(authority->bytes, root->bytes, sizeof(authority->bytes));
}

struct error claim_right_check(const struct ownership *candidate)
{
    uint32_t allowed = is_authority(&candidate->authority, &monitor.handoff.fuses.maker_root_digest);
    if (monitor.claimed && !decision_is_true(allowed)) {
        allowed = is_authority(&candidate->authority, &monitor.owner.voucher.owner_root_digest);
    }
    if (!decision_is_true(allowed)) {
        return ERROR(VOUCHER, SIGNER);
    }
    uint32_t generation_now = monitor.claimed ? monitor.owner.voucher.generation : 0;
    if (candidate->voucher.generation <= generation_now ||
        hardened_launder(candidate->voucher.generation) <= hardened_launder(generation_now)) {
        return ERROR(VOUCHER, GENERATION);
    }
    return ERROR_NONE;
}
