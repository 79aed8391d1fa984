#include "service/core/checkin.h"

#include <openssl/rand.h>
#include <string.h>

#include "crypto/sha256.h"
#include "formats/cose/cose.h"
#include "service/core/alerts.h"
#include "service/core/certificate.h"
#include "service/core/failures.h"
#include "service/core/keysets.h"
#include "service/core/refresh.h"
#include "service/process/process.h"

#define DECIDE_AGAIN_COUNT_MAX 3

/* Everything that one decision is made of and that the input points to. */
struct facts {
    struct decide_input input;
    struct device_record record;
    struct voucher voucher;
    struct release_record references[COMPONENT_COUNT];
};

/* Without certificates the device relies on its attestation key having been verified before. */
static void identity_from_record(const struct device_record *record, struct facts *facts)
{
    struct decide_input *input = &facts->input;
    bool is_known = record != NULL && memcmp(record->attestation_key.bytes, input->signer.bytes,
                                             sizeof input->signer.bytes) == 0;
    input->chain = is_known ? ERROR_NONE : ERROR(IDENTITY, CHAIN_NEEDED);
    if (!is_known) {
        return;
    }
    input->identity = (struct device_identity){
        .ueid = record->ueid,
        .attestation_key = record->attestation_key,
        .monitor_digest = record->monitor_digest,
        .monitor_sequence = record->monitor_sequence,
        .epoch = record->attestation_epoch,
        .debug = record->debug,
    };
    memcpy(input->identity.batch, record->batch, sizeof input->identity.batch);
}

/* NOT_FOUND is an answer, not a failure. */
static struct error found_or_not(struct error error, bool *found)
{
    *found = error_is_none(error);
    return error_is(error, ERROR_CODE_STORE_NOT_FOUND) ? ERROR_NONE : error;
}

static struct error load_record(struct core *core, const struct ueid *ueid, struct facts *facts)
{
    bool found = false;
    TRY(found_or_not(store_device_load(core->store, ueid, &facts->record), &found));
    facts->input.record = found ? &facts->record : NULL;
    return ERROR_NONE;
}

/* What the decision needs from the store besides the record. */
static struct error load_references(struct core *core, struct facts *facts)
{
    struct decide_input *input = &facts->input;
    struct span batch = span_of(input->identity.batch, strlen(input->identity.batch));
    bool found = false;
    TRY(store_revoked_load(core->store, &input->identity.ueid, &input->revoked));
    TRY(found_or_not(store_voucher_find(core->store, &input->identity.ueid, batch, &facts->voucher, NULL), &found));
    input->voucher = found ? &facts->voucher : NULL;
    for (size_t index = 0; index < input->evidence.measurement_count; index++) {
        TRY(found_or_not(store_release_find(core->store, &input->evidence.measurements[index],
                                            &facts->references[index]),
                         &found));
        input->references[index] = found ? &facts->references[index] : NULL;
    }
    return ERROR_NONE;
}

/* Reads the request's bytes into facts; an error is the device's fault. */
static struct error read_request(struct core *core, const struct ipc_request *request,
                                 struct checkin_request *message, struct facts *facts)
{
    struct decide_input *input = &facts->input;
    struct cose_sign1 token;
    TRY(checkin_request_parse(request->body, message));
    TRY(evidence_parse(message->evidence, &input->evidence, &input->signer));
    TRY(cose_sign1_parse(message->evidence, COSE_CONTENT_TYPE_EVIDENCE, &token));
    input->evidence_digest = sha256_of(message->evidence);
    input->endpoint_count = message->endpoint_count;
    input->endpoints = message->endpoints;
    input->generations = message->has_generations ? &message->generations : NULL;
    memcpy(input->channel_binding, request->channel_binding, sizeof input->channel_binding);
    struct sha256_digest digest = cose_sign1_digest(&token);
    /* T-18: the front that brought this may be anybody's; the signature is the device's. */
    input->signature = verifier_verify(&core->verifier, &input->signer, &digest, &token.signature);
    return ERROR_NONE;
}

static struct error write_effects(struct core *core, const struct checkin_request *message,
                                  const struct decide_input *input, struct checkin_work *work)
{
    struct decide_output *output = &work->output;
    if (output->save_record) {
        TRY(store_device_save(core->store, &output->record));
        TRY(refresh_note(core, input, output));
    }
    if (error_is_none(output->verdict)) {
        TRY(offers_take_reports(core, &output->record.ueid, message, output->decision.time_s));
        struct failure_news news;
        TRY(failures_take(core, message, &input->evidence, &output->decision, &news, &work->failures));
        TRY(offers_decide(core, &output->record, &news, &output->decision, &work->offers));
    }
    TRY(alerts_take(core, input, output));
    return output->is_authentic ? store_decision_add(core->store, &output->decision) : ERROR_NONE;
}

/* Loads the record and decides; again if somebody else wrote it in the meantime. */
static struct error decide_and_write(struct core *core, const struct checkin_request *message, struct facts *facts,
                                     struct checkin_work *work)
{
    struct decide_input *input = &facts->input;
    struct error error = ERROR_NONE;
    for (int attempt = 0; attempt < DECIDE_AGAIN_COUNT_MAX; attempt++) {
        const struct ueid *ueid = message->certificate_count > 0 ? &input->identity.ueid : &input->evidence.ueid;
        TRY(load_record(core, ueid, facts));
        if (message->certificate_count == 0) {
            identity_from_record(input->record, facts);
        }
        TRY(load_references(core, facts));
        decide_checkin(input, &work->output);
        error = write_effects(core, message, input, work);
        if (!error_is(error, ERROR_CODE_STORE_CONFLICT)) {
            return error;
        }
    }
    return error;
}

struct error checkin_decide(struct core *core, const struct ipc_request *request, struct checkin_work *work)
{
    struct facts facts = {.input = {.policy = &core->policy, .time_s = process_time_s()}};
    struct checkin_request message;
    *work = (struct checkin_work){.verdict = ERROR_NONE};
    if (!error_is_none(read_request(core, request, &message, &facts))) {
        /* The peer gets one coarse code for all that cannot be read. */
        work->verdict = ERROR(CHECKIN, STRUCTURE);
        work->is_malformed = true;
        core_refused(core, work->verdict);
        return ERROR_NONE;
    }
    if (message.certificate_count > 0) {
        work->verdict = trust_read_chain(&core->trust, &message, &facts.input.identity, &facts.input.chain);
        if (!error_is_none(work->verdict)) {
            work->is_malformed = true;
            core_refused(core, work->verdict);
            return ERROR_NONE;
        }
    }
    if (RAND_bytes(facts.input.random_challenge, sizeof facts.input.random_challenge) != 1 ||
        RAND_bytes(facts.input.random_serial, sizeof facts.input.random_serial) != 1) {
        return ERROR(CRYPTO, RANDOM);
    }
    TRY(decide_and_write(core, &message, &facts, work));
    work->verdict = work->output.verdict;
    if (!work->output.is_authentic) {
        core_refused(core, work->verdict);
    }
    return ERROR_NONE;
}

void checkin_problem_reply(struct error error, uint16_t status, const uint8_t *challenge, struct writer *storage,
                           struct ipc_reply *reply)
{
    const char *title = error_name(error);
    const char *detail = error_text(error);
    struct checkin_problem problem = {
        .title = span_of(title, strlen(title)),
        .detail = span_of(detail, strlen(detail)),
        .has_challenge = challenge != NULL,
        .code = error.code,
    };
    if (challenge != NULL) {
        memcpy(problem.challenge, challenge, sizeof problem.challenge);
    }
    struct error encode_error = checkin_problem_encode(&problem, storage);
    reply->status = status;
    reply->content = error_is_none(encode_error) ? IPC_CONTENT_CBOR_PROBLEM : IPC_CONTENT_NONE;
    reply->body = writer_span(storage);
}

/* The part of the response that the signature covers by its digest alone. */
static struct error encode_rest(struct core *core, const struct checkin_work *work, struct writer *out)
{
    uint8_t certificate[OPERATIONAL_CERTIFICATE_SIZE_BYTES_MAX];
    struct writer certificate_writer;
    const struct decide_output *output = &work->output;
    struct checkin_rest rest = {.offer_count = work->offers.count, .failures = work->failures};
    memcpy(rest.offers, work->offers.list, sizeof rest.offers);
    writer_init(&certificate_writer, certificate, sizeof certificate);
    if (output->issue_certificate) {
        TRY(certificate_issue(&output->record, core->ca_certificate, signer_key(core->ca_signer),
                              &certificate_writer));
        rest.operational_certificate = writer_span(&certificate_writer);
        rest.ca_count = 1;
        rest.ca_certificates[0] = span_of(core->ca_der, core->ca_der_size_bytes);
    }
    keysets_put(core, &output->record.generations, &rest);
    return checkin_rest_encode(&rest, out);
}

static struct error encode_answer(struct core *core, const struct answer *answer, struct writer *out)
{
    uint8_t payload_storage[ANSWER_SIZE_BYTES_MAX];
    struct writer payload;
    struct sha256_digest digest;
    struct ecdsa_p256_signature signature;
    writer_init(&payload, payload_storage, sizeof payload_storage);
    TRY(answer_encode_payload(answer, &payload));
    const struct ecdsa_p256_public_key *signer = signer_public(core->control_signer);
    TRY(cose_sign1_prepare(COSE_CONTENT_TYPE_ANSWER, signer, writer_span(&payload), &digest));
    TRY(signer_sign(core->control_signer, &digest, &signature));
    return cose_sign1_encode(COSE_CONTENT_TYPE_ANSWER, signer, writer_span(&payload), &signature, out);
}

static struct error encode_response(struct core *core, const struct checkin_work *work, struct writer *out)
{
    uint8_t rest_storage[CHECKIN_RESPONSE_SIZE_BYTES_MAX];
    uint8_t answer_storage[ANSWER_SIZE_BYTES_MAX];
    struct writer rest;
    struct writer answer_writer;
    struct answer answer = work->output.answer;
    writer_init(&rest, rest_storage, sizeof rest_storage);
    writer_init(&answer_writer, answer_storage, sizeof answer_storage);
    TRY(encode_rest(core, work, &rest));
    answer.rest_digest = sha256_of(writer_span(&rest));
    TRY(encode_answer(core, &answer, &answer_writer));
    const struct checkin_response response = {.answer = writer_span(&answer_writer), .rest = writer_span(&rest)};
    return checkin_response_encode(&response, out);
}

void checkin_finish(struct core *core, const struct checkin_work *work, struct writer *storage,
                    struct ipc_reply *reply)
{
    if (!error_is_none(work->verdict) && !work->output.is_order) {
        bool is_malformed = error_is(work->verdict, ERROR_CODE_CHECKIN_STRUCTURE);
        checkin_problem_reply(work->verdict, is_malformed ? 400 : 403,
                              work->output.has_challenge ? work->output.challenge : NULL, storage, reply);
        return;
    }
    struct error error = encode_response(core, work, storage);
    if (!error_is_none(error)) {
        /* Accepted and stored, but it cannot be said: the device's key is no key, or signing failed. */
        process_log("an answer could not be made: %s", error_text(error));
        struct writer again;
        writer_init(&again, storage->data, storage->capacity);
        checkin_problem_reply(error, 503, NULL, &again, reply);
        return;
    }
    reply->status = 200;
    reply->content = IPC_CONTENT_CHECKIN;
    reply->body = writer_span(storage);
}
