#include "device/monitor/answer_check.h"

#include "base/constant_time.h"
#include "device/monitor/decision.h"
#include "device/monitor/state.h"
#include "formats/cose/cose.h"

struct error answer_check_binding(const struct answer *answer, struct span rest_digest)
{
    const struct ticket *ticket = &monitor.ticket;
    if (!ticket->nonce_outstanding ||
        !constant_time_equal(answer->ticket_nonce, ticket->nonce, sizeof(ticket->nonce))) {
        return ERROR(ANSWER, NONCE);
    }
    if (!span_equal(SPAN_OF(answer->evidence_digest.bytes), SPAN_OF(ticket->evidence_digest.bytes))) {
        return ERROR(ANSWER, EVIDENCE);
    }
    if (!span_equal(SPAN_OF(answer->rest_digest.bytes), rest_digest)) {
        return ERROR(ANSWER, REST);
    }
    return ERROR_NONE;
}

struct error answer_check_signer(const struct ecdsa_p256_public_key *signer)
{
    return keyset_contains(&monitor.owner.control, signer) ? ERROR_NONE : ERROR(ANSWER, SIGNER);
}

/* The control key set was read at the start; its signature is verified at the first answer of a boot. */
static struct error verify_control(void)
{
    if (decision_is_true(monitor.control_verified)) {
        return ERROR_NONE;
    }
    HARDENED_TRY(keyset_verify_signature(monitor.owner.parts.control_keyset));
    monitor.control_verified = HARDENED_TRUE;
    return ERROR_NONE;
}

struct error answer_check_signature(struct span token)
{
    HARDENED_TRY(verify_control());
    struct cose_sign1 object;
    HARDENED_TRY(cose_sign1_parse(token, COSE_CONTENT_TYPE_ANSWER, &object));
    return decision_is_none(cose_sign1_verify(&object)) ? ERROR_NONE : ERROR(ANSWER, SIGNATURE);
}
