/* The service's signed answer: ticket, time, order.  source  DESIGN 4; docs/protocol/answer.md; threat T-22
 * Cheap checks come first, so that a forgery costs a comparison: nonce, evidence, rest, signer; only then, and only so
 * often, a signature is verified. The nonce stays outstanding until an answer passes all of it. */
#include "base/constant_time.h"
#include "base/reader.h"
#include "device/hal/system.h"
#include "device/monitor/allowance.h"
#include "device/monitor/calls.h"
#include "device/monitor/claim.h"
#include "device/monitor/decision.h"
#include "formats/cose/cose.h"
#include "formats/token/answer.h"

/* A ticket's time is measured on a clock that wraps after 49 days. */
#define ANSWER_LIFETIME_MAX_S (30u * 24u * 3600u)

static struct error answer_check_binding(const struct answer *answer, struct span rest_digest)
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

/* The control key set was read at the start; its signature is verified at the first answer of a boot. */
static struct error answer_verify_control(void)
{
    if (decision_is_true(monitor.control_verified)) {
        return ERROR_NONE;
    }
    HARDENED_TRY(keyset_verify_signature(monitor.owner.parts.control_keyset));
    monitor.control_verified = HARDENED_TRUE;
    return ERROR_NONE;
}

static struct error answer_verify(struct span token)
{
    HARDENED_TRY(answer_verify_control());
    struct cose_sign1 object;
    HARDENED_TRY(cose_sign1_parse(token, COSE_CONTENT_TYPE_ANSWER, &object));
    return decision_is_none(cose_sign1_verify(&object)) ? ERROR_NONE : ERROR(ANSWER, SIGNATURE);
}

static void answer_keep(const struct answer *answer)
{
    struct ticket *ticket = &monitor.ticket;
    ticket->nonce_outstanding = false;
    ticket->accepted = true;
    /* From the making of the nonce, not from now: who delays the answer gains nothing. */
    ticket->start_ms = ticket->nonce_made_ms;
    ticket->lifetime_s =
        answer->ticket_lifetime_s < ANSWER_LIFETIME_MAX_S ? answer->ticket_lifetime_s : ANSWER_LIFETIME_MAX_S;
    ticket->time_known = true;
    ticket->time_s = answer->time_s;
    ticket->time_at_ms = hal_system_uptime_ms();
}

/* An order names the epoch to reach; one that is reached already asks for nothing. */
static struct error answer_obey(const struct answer *answer)
{
    if (answer->order == ORDER_REFRESH && answer->order_epoch > monitor.handoff.epoch) {
        return claim_request_epoch();
    }
    return ERROR_NONE;
}

struct error call_answer(struct span in, struct writer *out)
{
    struct reader reader;
    reader_init(&reader, in);
    struct span rest_digest = reader_take(&reader, SHA256_DIGEST_SIZE_BYTES);
    struct span token = reader_take(&reader, reader_remaining(&reader));
    if (!reader_ok(&reader)) {
        return ERROR(MONITOR, ARGUMENT);
    }
    if (!monitor.claimed) {
        return ERROR(MONITOR, STATE);
    }
    struct answer answer;
    struct ecdsa_p256_public_key signer;
    TRY(answer_parse(token, &answer, &signer));
    TRY(answer_check_binding(&answer, rest_digest));
    if (!keyset_contains(&monitor.owner.control, &signer)) {
        return ERROR(ANSWER, SIGNER);
    }
    TRY(allowance_take());
    HARDENED_TRY(answer_verify(token));
    allowance_return();
    answer_keep(&answer);
    TRY(answer_obey(&answer));
    writer_u64(out, answer.time_s);
    writer_u32(out, answer.ticket_lifetime_s);
    writer_bytes(out, SPAN_OF(answer.next_challenge));
    return ERROR_NONE;
}
