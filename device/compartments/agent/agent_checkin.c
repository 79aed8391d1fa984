#include "device/compartments/agent/agent_checkin.h"

#include <string.h>

#include "base/reader.h"
#include "crypto/sha256.h"
#include "device/compartments/agent/agent_failure.h"
#include "device/compartments/agent/agent_problem.h"
#include "device/compartments/agent/agent_request.h"
#include "device/compartments/agent/agent_settings.h"
#include "device/compartments/agent/http_client.h"
#include "device/runtime/log_line.h"
#include "device/runtime/runtime.h"
#include "formats/checkin/checkin.h"
#include "formats/token/answer.h"

#define STATUS_OK 200
#define CERTIFICATE_SIZE_BYTES_MAX 1024
#define ANSWER_REPLY_SIZE_BYTES (8 + 4 + CHALLENGE_SIZE_BYTES)

/* How one round ended, when it did not end with an error. */
enum round_outcome {
    ROUND_DONE,
    ROUND_AGAIN,
};

void agent_checkin_init(struct agent_checkin *checkin, struct buffer memory)
{
    memset(checkin, 0, sizeof(*checkin));
    checkin->memory = memory;
}

struct error agent_checkin_connect(struct agent_checkin *checkin, const struct agent_identity *identity,
                                   const char *name)
{
    uint8_t index[1] = {MONITOR_CERTIFICATE_OWNER_ROOT};
    struct buffer root = {checkin->memory.data, checkin->memory.capacity, 0};

    if (checkin->client.open && strcmp(checkin->peer_name, name) == 0) {
        return ERROR_NONE;
    }
    if (checkin->client.open) {
        tls_client_close(&checkin->client);
    }
    TRY(runtime_monitor(MONITOR_CALL_CERTIFICATE, SPAN_OF(index), &root));
    struct tls_client_peer peer = {
        .host = identity->host,
        .port = identity->port,
        .name = name,
        .trust_count = 1,
        .trust = {span_of_buffer(&root)},
    };
    checkin->peer_name = name;
    return tls_client_open(&checkin->client, &peer, AGENT_CONNECT_TIMEOUT_MS);
}

/* Gives a certificate of a verified answer to the monitor, which serves it to those who need it. */
static struct error keep_certificate(enum monitor_certificate index, struct span certificate)
{
    static uint8_t request[1 + CERTIFICATE_SIZE_BYTES_MAX];
    struct buffer nothing = {NULL, 0, 0};

    if (certificate.size > CERTIFICATE_SIZE_BYTES_MAX) {
        return ERROR(CHECKIN, STRUCTURE);
    }
    request[0] = (uint8_t)index;
    memcpy(request + 1, certificate.data, certificate.size);
    return runtime_monitor(MONITOR_CALL_CERTIFICATE_SET, span_of(request, 1 + certificate.size), &nothing);
}

/* The monitor verifies the answer; it covers the rest by its digest. */
static struct error verify_answer(struct agent_checkin *checkin, const struct checkin_response *response,
                                  struct agent_checkin_result *result)
{
    uint8_t request[SHA256_DIGEST_SIZE_BYTES + ANSWER_SIZE_BYTES_MAX];
    uint8_t data[ANSWER_REPLY_SIZE_BYTES];
    struct buffer reply = BUFFER_OF(data);
    struct sha256_digest rest_digest = sha256_of(response->rest);
    struct reader reader;

    if (response->answer.size > ANSWER_SIZE_BYTES_MAX) {
        return ERROR(ANSWER, STRUCTURE);
    }
    memcpy(request, rest_digest.bytes, SHA256_DIGEST_SIZE_BYTES);
    memcpy(request + SHA256_DIGEST_SIZE_BYTES, response->answer.data, response->answer.size);
    TRY(runtime_monitor(MONITOR_CALL_ANSWER, span_of(request, SHA256_DIGEST_SIZE_BYTES + response->answer.size),
                        &reply));
    reader_init(&reader, span_of_buffer(&reply));
    (void)reader_u64(&reader); /* the time: kept by the monitor */
    uint32_t lifetime_s = reader_u32(&reader);
    struct span challenge = reader_take(&reader, CHALLENGE_SIZE_BYTES);
    if (!reader_ok(&reader)) {
        return ERROR(MONITOR, ARGUMENT);
    }
    result->ticket_lifetime_s = lifetime_s;
    memcpy(checkin->challenge, challenge.data, CHALLENGE_SIZE_BYTES);
    return ERROR_NONE;
}

static void hand_over_keysets(const struct checkin_rest *rest)
{
    struct buffer nothing = {NULL, 0, 0};

    for (size_t i = 0; i < rest->keyset_count; i++) {
        struct error error = runtime_monitor(MONITOR_CALL_KEYSET, rest->keysets[i], &nothing);
        if (!error_is_none(error)) {
            log_line_write_error("new key set refused", error);
        }
    }
}

/* Nothing of the rest is looked at before the answer that covers it was verified, but for key sets: the owner's root has
 * signed them, and the key that has signed this answer may be one that only they name. */
static struct error verify_response(struct agent_checkin *checkin, const struct checkin_response *response,
                                    struct agent_checkin_result *result, struct checkin_rest *rest)
{
    struct error error = verify_answer(checkin, response, result);

    if (!error_is(error, ERROR_CODE_ANSWER_SIGNER)) {
        TRY(error);
        TRY(checkin_rest_parse(response->rest, rest));
        hand_over_keysets(rest);
        return ERROR_NONE;
    }
    TRY(checkin_rest_parse(response->rest, rest));
    hand_over_keysets(rest);
    return rest->keyset_count > 0 ? verify_answer(checkin, response, result) : error;
}

static struct error accept(struct agent_checkin *checkin, struct span body, struct agent_checkin_result *result)
{
    struct checkin_response response;
    struct checkin_rest rest;

    TRY(checkin_response_parse(body, &response));
    TRY(verify_response(checkin, &response, result, &rest));
    result->offer_count = rest.offer_count;
    memcpy(result->offers, rest.offers, sizeof(result->offers));
    if (rest.failures.number > 0) {
        agent_failure_done(&rest.failures);
        result->failures_wait = checkin->failures_wait;
    }
    result->certificate_received = rest.operational_certificate.size > 0;
    if (rest.ca_count > 0) {
        TRY(keep_certificate(MONITOR_CERTIFICATE_SERVICE_CA, rest.ca_certificates[0]));
    }
    if (result->certificate_received) {
        TRY(keep_certificate(MONITOR_CERTIFICATE_OPERATIONAL, rest.operational_certificate));
    }
    return ERROR_NONE;
}

/* A refusal that says what is missing leads to another round. */
static struct error learn_from_refusal(struct agent_checkin *checkin, const struct http_response *response,
                                       struct span body)
{
    struct checkin_problem problem;

    TRY(agent_problem_read(response, body, &problem));
    struct error error = {problem.code};
    if (problem.has_challenge) {
        memcpy(checkin->challenge, problem.challenge, CHALLENGE_SIZE_BYTES);
    }
    if (error_is(error, ERROR_CODE_IDENTITY_CHAIN_NEEDED) && !checkin->certificates_needed) {
        checkin->certificates_needed = true;
        return ERROR_NONE;
    }
    return error_is(error, ERROR_CODE_EVIDENCE_CHALLENGE) && problem.has_challenge ? ERROR_NONE : error;
}

static struct error run_round(struct agent_checkin *checkin, struct agent_checkin_result *result,
                              enum round_outcome *outcome)
{
    uint8_t channel_binding[TLS_CLIENT_EXPORTER_SIZE_BYTES];
    struct http_request request = {
        .method = "POST", .path = CHECKIN_PATH, .host = SERVICE_TLS_NAME, .content_type = CHECKIN_CONTENT_TYPE};
    struct http_response response;
    struct span body;

    TRY(tls_client_exporter(&checkin->client, CHECKIN_EXPORTER_LABEL, channel_binding));
    TRY(agent_request_make(checkin->challenge, channel_binding, checkin->certificates_needed, checkin->memory,
                           &request.body, &checkin->failures_wait));
    TRY(http_client_exchange(&checkin->client, &request, checkin->memory, AGENT_RESPONSE_TIMEOUT_MS, &response,
                             &body));
    if (response.status == STATUS_OK && agent_problem_has_type(&response, CHECKIN_CONTENT_TYPE)) {
        *outcome = ROUND_DONE;
        TRY(accept(checkin, body, result));
        /* The service knows this attestation key now; their room is for failure records from here on. */
        checkin->certificates_needed = false;
    } else {
        *outcome = ROUND_AGAIN;
        TRY(learn_from_refusal(checkin, &response, body));
    }
    if (response.close) {
        tls_client_close(&checkin->client);
    }
    return ERROR_NONE;
}

static struct error run_rounds(struct agent_checkin *checkin, const struct agent_identity *identity,
                               struct agent_checkin_result *result)
{
    enum round_outcome outcome = ROUND_AGAIN;

    for (uint32_t round = 0; outcome == ROUND_AGAIN; round++) {
        if (round == AGENT_CHECKIN_ROUND_COUNT_MAX) {
            return ERROR(CHECKIN, STRUCTURE);
        }
        TRY(agent_checkin_connect(checkin, identity, SERVICE_TLS_NAME));
        TRY(run_round(checkin, result, &outcome));
    }
    return ERROR_NONE;
}

bool agent_checkin_is_lost(struct error error)
{
    return error_is(error, ERROR_CODE_NET_CLOSED) || error_is(error, ERROR_CODE_TLS_IO) ||
           error_is(error, ERROR_CODE_NET_HANDLE);
}

struct error agent_checkin_run(struct agent_checkin *checkin, const struct agent_identity *identity,
                               struct agent_checkin_result *result)
{
    bool kept = checkin->client.open;
    struct error error = run_rounds(checkin, identity, result);

    if (kept && agent_checkin_is_lost(error)) {
        /* A server may drop a kept connection at any time; that alone is no failure. */
        tls_client_close(&checkin->client);
        error = run_rounds(checkin, identity, result);
    }
    if (!error_is_none(error)) {
        tls_client_close(&checkin->client);
    }
    return error;
}
