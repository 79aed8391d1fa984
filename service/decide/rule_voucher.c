#include <string.h>

#include "service/decide/rules.h"

struct error rule_voucher(const struct decide_input *input)
{
    const struct voucher *voucher = input->voucher;
    if (voucher == NULL) {
        return ERROR(CHECKIN, UNOWNED);
    }
    /* T-14: what the store found is checked again. */
    struct span batch = span_of(input->identity.batch, strlen(input->identity.batch));
    bool is_ours = memcmp(voucher->owner_root_digest.bytes, input->policy->owner_root_digest.bytes,
                          SHA256_DIGEST_SIZE_BYTES) == 0;
    return is_ours && voucher_covers(voucher, &input->identity.ueid, batch) ? ERROR_NONE : ERROR(CHECKIN, UNOWNED);
}
