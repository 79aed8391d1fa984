#include "service/decide/rule_command.h"

/* Without a sum that could wrap: the command's time is anybody's number. */
static bool is_within_window(uint64_t time_s, uint64_t now_s)
{
    uint64_t distance_s = time_s > now_s ? time_s - now_s : now_s - time_s;
    return distance_s <= OPERATOR_COMMAND_WINDOW_S;
}

/* T-19: an owned door has every certificate that it ever saw, and every command; it has no operator's key. */
struct error rule_command(const struct command_facts *facts)
{
    if (!facts->is_present) {
        return ERROR(OPERATOR, UNSIGNED);
    }
    if (!span_equal(SPAN_OF(facts->signer.bytes), SPAN_OF(facts->operator_key.bytes))) {
        return ERROR(OPERATOR, SIGNER);
    }
    if (!error_is_none(facts->signature)) {
        return ERROR(OPERATOR, SIGNATURE);
    }
    if (!span_equal(facts->command.target, facts->target)) {
        return ERROR(OPERATOR, TARGET);
    }
    if (!span_equal(SPAN_OF(facts->command.body_digest.bytes), SPAN_OF(facts->body_digest.bytes))) {
        return ERROR(OPERATOR, BODY);
    }
    if (!is_within_window(facts->command.time_s, facts->now_s)) {
        return ERROR(OPERATOR, TIME);
    }
    return facts->is_used ? ERROR(OPERATOR, REPLAY) : ERROR_NONE;
}
