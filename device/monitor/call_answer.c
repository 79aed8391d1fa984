/* The service's signed answer: ticket, time, order.  source  DESIGN 4; docs/protocol/answer.md; threat T-22
 * Cheap checks come first, so that a forgery costs a comparison: nonce, evidence, rest, signer; only then, and only so
 * often, a signature is verified. The nonce stays outstanding until an answer passes all of it. */
#include "base/reader.h"
#include "device/hal/system.h"
#include "device/monitor/allowance.h"
#include "device/monitor/answer_check.h"
#include "device/monitor/calls.h"
#include "device/monitor/claim.h"
#include "device/monitor/decision.h"
#include "device/monitor/line.h"
#include "formats/token/answer.h"

/* A ticket's time is measured on a clock that wraps after 49 days. */
#define ANSWER_LIFETIME_MAX_S (30u * 24u * 3600u)

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

/* An order names the epoch to reach; one that is reached already asks for nothing. The rest is the ROM's: nothing that
 * runs now can derive the keys of the next epoch, and nothing that runs now is asked whether it may go. */
static struct error answer_obey(const struct answer *answer)
{
    if (answer->order != ORDER_REFRESH || answer->order_epoch <= monitor.handoff.epoch) {
        return ERROR_NONE;
    }
    TRY(claim_request_epoch());
    struct line line;
    line_begin(&line, "monitor: refresh ");
    line_decimal(&line, answer->order_epoch);
    line_text(&line, " ");
    line_decimal(&line, answer->order_reason);
    line_end(&line);
    hal_system_reset();
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
    TRY(answer_check_signer(&signer));
    TRY(allowance_take());
    HARDENED_TRY(answer_check_signature(token));
    allowance_return();
    answer_keep(&answer);
    TRY(answer_obey(&answer));
    writer_u64(out, answer.time_s);
    writer_u32(out, answer.ticket_lifetime_s);
    writer_bytes(out, SPAN_OF(answer.next_challenge));
    return ERROR_NONE;
}
