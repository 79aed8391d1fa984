#include "service/core/command_check.h"

#include <assert.h>

#include "crypto/sha256.h"
#include "service/core/signer.h"
#include "service/decide/rule_command.h"
#include "service/process/process.h"

static const char method_text[] = "POST ";

static_assert(sizeof method_text - 1 + IPC_PATH_SIZE_BYTES_MAX <= OPERATOR_COMMAND_TARGET_SIZE_BYTES_MAX,
              "every request can be signed");
static_assert(OPERATOR_COMMAND_SIZE_BYTES_MAX <= IPC_COMMAND_SIZE_BYTES_MAX, "every command fits in a frame");

/* Reads the command, if there is one. The error is the verdict on one that cannot be read. */
static struct error read_command(struct span token, struct command_facts *facts)
{
    facts->is_present = token.size > 0;
    if (!facts->is_present) {
        return ERROR_NONE;
    }
    TRY(operator_command_parse(token, &facts->command, &facts->signer));
    facts->signature = operator_command_verify(token);
    return ERROR_NONE;
}

struct error command_check(struct core *core, const struct ipc_request *request,
                           const struct operator_record *operator, X509 *certificate, struct error *verdict)
{
    uint8_t target[OPERATOR_COMMAND_TARGET_SIZE_BYTES_MAX];
    struct writer writer;
    struct command_facts facts = {.now_s = process_time_s(), .body_digest = sha256_of(request->body)};
    writer_init(&writer, target, sizeof target);
    writer_bytes(&writer, span_of(method_text, sizeof method_text - 1));
    writer_bytes(&writer, request->path);
    facts.target = writer_span(&writer);
    *verdict = public_key_of(X509_get0_pubkey(certificate), &facts.operator_key);
    if (error_is_none(*verdict)) {
        *verdict = read_command(request->command, &facts);
    }
    if (!error_is_none(*verdict)) {
        return ERROR_NONE;
    }
    if (facts.is_present) {
        TRY(store_command_is_used(core->store, &operator->certificate_digest, SPAN_OF(facts.command.nonce),
                                  &facts.is_used));
    }
    *verdict = rule_command(&facts);
    if (!error_is_none(*verdict) || !facts.is_present) {
        return ERROR_NONE;
    }
    /* T-19: committed with what the request does, so that a restart in between does not forget the one alone. Kept as
     * long as its time would still be accepted. */
    return store_command_use(core->store, &operator->certificate_digest, SPAN_OF(facts.command.nonce), facts.now_s,
                             facts.command.time_s + OPERATOR_COMMAND_WINDOW_S);
}
