#include "tests/service/device.h"

#include <openssl/rand.h>
#include <stdio.h>
#include <string.h>

#include "crypto/sha256.h"
#include "formats/cose/cose.h"
#include "formats/identity/attestation_certificate.h"
#include "formats/token/answer.h"

void ueid_print(const struct ueid *ueid, char out[2 * UEID_SIZE_BYTES + 1])
{
    for (size_t index = 0; index < UEID_SIZE_BYTES; index++) {
        snprintf(out + 2 * index, 3, "%02x", ueid->bytes[index]);
    }
}

static void check(struct error error, const char *what)
{
    if (!error_is_none(error)) {
        die("%s: %s", what, error_name(error));
    }
}

static void make_attestation(struct device *device)
{
    struct sha256_digest digest;
    struct ecdsa_p256_signature signature;
    struct writer writer;
    const struct attestation_certificate certificate = {
        .ueid = device->ueid,
        .public_key = device->attestation.public_key,
        .monitor_digest = device->monitor.digest,
        .monitor_sequence = device->monitor.sequence,
        .epoch = device->epoch,
    };
    check(attestation_certificate_prepare(&certificate, &digest), "attestation certificate");
    check(ecdsa_p256_sign(&device->device_id.private_key, &digest, SPAN_EMPTY, &signature), "attestation certificate");
    writer_init(&writer, device->attestation_der, sizeof device->attestation_der);
    check(attestation_certificate_encode(&certificate, &signature, &writer), "attestation certificate");
    device->attestation_size_bytes = writer.size;
}

static void make_device_id(struct device *device, const struct device_wish *wish)
{
    char name[2 * UEID_SIZE_BYTES + 1];
    const struct world *world = device->world;
    char batch_uri[64];
    snprintf(batch_uri, sizeof batch_uri, "URI:" IDENTITY_BATCH_URI_PREFIX "%s", wish->batch);
    ueid_print(&device->ueid, name);
    X509 *certificate = certificate_make(&(struct certificate_wish){
        .common_name = name,
        .san = batch_uri,
        .subject = &device->device_id,
        .issuer = wish->by_stranger ? &world->stranger_ca : &world->maker_ca,
        .issuer_certificate = wish->by_stranger ? world->stranger_ca_certificate : world->maker_ca_certificate,
        .is_ca = true,
        .has_pathlen_zero = true,
        .is_endless = true,
        .eku = "2.23.133.5.4.100.12"});
    unsigned char *at = device->device_id_der;
    int size = i2d_X509(certificate, NULL);
    if (size <= 0 || (size_t)size > sizeof device->device_id_der) {
        die("the DeviceID certificate is too large");
    }
    device->device_id_size_bytes = (size_t)i2d_X509(certificate, &at);
    X509_free(certificate);
}

void device_make(struct device *device, const struct world *world, const struct device_wish *wish)
{
    *device = (struct device){.world = world, .epoch = wish->epoch, .boot_count = wish->boot_count,
                              .sequence = wish->first_sequence, .send_certificates = true};
    uint32_t epoch_and_monitor = wish->index << 8 | wish->epoch << 1 | (wish->altered_monitor ? 1u : 0u);
    key_derive(world, wish->by_stranger ? "stranger's device" : "device", wish->index, &device->device_id);
    key_derive(world, "attestation", epoch_and_monitor, &device->attestation);
    key_derive(world, "operational", epoch_and_monitor, &device->operational);
    ueid_of(&device->device_id.public_key, &device->ueid);
    device->monitor = world_measurement(world, COMPONENT_MONITOR);
    device->base = world_measurement_at(world, COMPONENT_BASE,
                                        wish->base_sequence == 0 ? WORLD_SEQUENCE : wish->base_sequence);
    if (wish->altered_monitor) {
        device->monitor.digest = sha256_of(span_of("altered", 7));
    }
    make_device_id(device, wish);
    make_attestation(device);
}

void device_wipe(struct device *device)
{
    key_wipe(&device->device_id);
    key_wipe(&device->attestation);
    key_wipe(&device->operational);
}

void device_evidence(struct device *device, const struct client *client, struct evidence *out)
{
    device->sequence++;
    RAND_bytes(device->ticket_nonce, sizeof device->ticket_nonce);
    *out = (struct evidence){
        .ueid = device->ueid,
        .operational_key = device->operational.public_key,
        .uptime_s = device->sequence * 10,
        .boot_count = device->boot_count,
        .epoch = device->epoch,
        .sequence = device->sequence,
        .mode = DEVICE_MODE_NORMAL,
        .rehash_ok = true,
        .measurement_count = 3,
        .measurements = {device->monitor, device->base, world_measurement(device->world, COMPONENT_APP)},
    };
    memcpy(out->challenge, device->challenge, sizeof out->challenge);
    memcpy(out->channel_binding, client->channel_binding, sizeof out->channel_binding);
    memcpy(out->ticket_nonce, device->ticket_nonce, sizeof out->ticket_nonce);
    out->has_failures = device->failures_size_bytes > 0 && device->failures_proven;
    out->failures_digest = sha256_of(span_of(device->failures, device->failures_size_bytes));
}

void device_request(struct device *device, const struct evidence *evidence, struct writer *out)
{
    uint8_t payload_storage[EVIDENCE_SIZE_BYTES_MAX];
    uint8_t token_storage[EVIDENCE_SIZE_BYTES_MAX + COSE_OVERHEAD_SIZE_BYTES_MAX];
    struct sha256_digest digest;
    struct ecdsa_p256_signature signature;
    struct writer payload;
    struct writer token;
    writer_init(&payload, payload_storage, sizeof payload_storage);
    writer_init(&token, token_storage, sizeof token_storage);
    check(evidence_encode_payload(evidence, &payload), "evidence");
    check(cose_sign1_prepare(COSE_CONTENT_TYPE_EVIDENCE, &device->attestation.public_key, writer_span(&payload), &digest),
          "evidence");
    key_sign(&device->attestation, &digest, &signature);
    check(cose_sign1_encode(COSE_CONTENT_TYPE_EVIDENCE, &device->attestation.public_key, writer_span(&payload),
                            &signature, &token),
          "evidence");
    struct checkin_request request = {.evidence = writer_span(&token)};
    if (device->send_certificates) {
        request.certificate_count = 2;
        request.certificates[0] = span_of(device->attestation_der, device->attestation_size_bytes);
        request.certificates[1] = span_of(device->device_id_der, device->device_id_size_bytes);
    }
    if (device->has_report) {
        request.report_count = 1;
        request.reports[0] = device->report;
    }
    request.failures = span_of(device->failures, device->failures_size_bytes);
    request.has_generations = device->has_generations;
    request.generations = device->generations;
    check(checkin_request_encode(&request, out), "request");
}

static struct error take_problem(struct device *device, const struct response *response)
{
    struct checkin_problem problem;
    TRY(checkin_problem_parse(span_of(response->body, response->size_bytes), &problem));
    if (problem.has_challenge) {
        memcpy(device->challenge, problem.challenge, sizeof device->challenge);
    }
    if (problem.code == ERROR_CODE_IDENTITY_CHAIN_NEEDED) {
        device->send_certificates = true;
    }
    return (struct error){problem.code};
}

static struct error take_certificate(struct device *device, struct span der)
{
    const unsigned char *at = der.data;
    X509 *certificate = d2i_X509(NULL, &at, (long)der.size);
    bool ok = certificate != NULL && X509_verify(certificate, device->world->owner_ca.pkey) == 1 &&
              EVP_PKEY_eq(X509_get0_pubkey(certificate), device->operational.pkey) == 1;
    X509_free(certificate);
    device->certificate_count++;
    return ok ? ERROR_NONE : ERROR(IDENTITY, CERTIFICATE);
}

/* Believes what the owner root signed, as a monitor does. */
static struct error take_keysets(struct device *device, const struct checkin_rest *rest)
{
    struct sha256_digest root = sha256_of(SPAN_OF(device->world->owner_root.public_key.bytes));
    device->keyset_count = rest->keyset_count;
    for (size_t index = 0; index < rest->keyset_count; index++) {
        struct keyset *keyset = &device->keysets[index];
        if (!error_is_none(keyset_verify(rest->keysets[index], KEYSET_APP, &root, keyset))) {
            TRY(keyset_verify(rest->keysets[index], KEYSET_CONTROL, &root, keyset));
        }
    }
    return ERROR_NONE;
}

/* By a key of the first control set, or of one that came along. */
static struct error check_control_key(const struct device *device, const struct ecdsa_p256_public_key *signer,
                                      const struct sha256_digest *digest,
                                      const struct ecdsa_p256_signature *signature)
{
    const struct key_pair *first = &device->world->owner_control;
    if (memcmp(signer->bytes, first->public_key.bytes, sizeof signer->bytes) == 0) {
        return key_verify(first, digest, signature) ? ERROR_NONE : ERROR(COSE, SIGNATURE);
    }
    for (size_t index = 0; index < device->keyset_count; index++) {
        if (device->keysets[index].kind == KEYSET_CONTROL && keyset_contains(&device->keysets[index], signer)) {
            return ecdsa_p256_verify(signer, digest, signature);
        }
    }
    return ERROR(ANSWER, SIGNER);
}

static struct error take_answer(struct device *device, struct span request_bytes, const struct response *response)
{
    struct checkin_request request;
    struct checkin_response parts;
    struct checkin_rest rest;
    struct answer answer;
    struct cose_sign1 token;
    struct ecdsa_p256_public_key signer;
    TRY(checkin_request_parse(request_bytes, &request));
    TRY(checkin_response_parse(span_of(response->body, response->size_bytes), &parts));
    TRY(answer_parse(parts.answer, &answer, &signer));
    TRY(cose_sign1_parse(parts.answer, COSE_CONTENT_TYPE_ANSWER, &token));
    struct sha256_digest digest = cose_sign1_digest(&token);
    struct sha256_digest evidence_digest = sha256_of(request.evidence);
    struct sha256_digest rest_digest = sha256_of(parts.rest);
    TRY(checkin_rest_parse(parts.rest, &rest));
    TRY(take_keysets(device, &rest));
    TRY(check_control_key(device, &signer, &digest, &token.signature));
    if (memcmp(answer.ticket_nonce, device->ticket_nonce, sizeof answer.ticket_nonce) != 0) {
        return ERROR(ANSWER, NONCE);
    }
    if (memcmp(answer.evidence_digest.bytes, evidence_digest.bytes, sizeof evidence_digest.bytes) != 0) {
        return ERROR(ANSWER, EVIDENCE);
    }
    if (memcmp(answer.rest_digest.bytes, rest_digest.bytes, sizeof rest_digest.bytes) != 0) {
        return ERROR(ANSWER, REST);
    }
    memcpy(device->challenge, answer.next_challenge, sizeof device->challenge);
    device->order_epoch = answer.order == ORDER_REFRESH ? answer.order_epoch : 0;
    device->ticket_lifetime_s = answer.ticket_lifetime_s;
    device->send_certificates = false;
    device->failure_ack = rest.failures;
    device->offer_count = rest.offer_count;
    memcpy(device->offers, rest.offers, sizeof device->offers);
    return rest.operational_certificate.size == 0 ? ERROR_NONE : take_certificate(device, rest.operational_certificate);
}

struct outcome device_take(struct device *device, struct span request, const struct response *response)
{
    struct outcome outcome = {.status = response->status, .error = ERROR(HTTP, STATUS)};
    if (response->status == 200) {
        outcome.error = take_answer(device, request, response);
    } else if (response->status != 0) {
        outcome.error = take_problem(device, response);
    }
    return outcome;
}

void device_send(struct device *device, struct client *client, struct writer *request)
{
    struct evidence evidence;
    device_evidence(device, client, &evidence);
    device_request(device, &evidence, request);
    /* A connection that breaks here is seen when the response is read. */
    (void)client_send(client, CHECKIN_PATH, CHECKIN_CONTENT_TYPE, writer_span(request));
}

struct outcome device_checkin(struct device *device, struct client *client)
{
    uint8_t storage[CHECKIN_REQUEST_SIZE_BYTES_MAX];
    struct response response;
    struct writer writer;
    writer_init(&writer, storage, sizeof storage);
    device_send(device, client, &writer);
    client_receive(client, &response);
    return device_take(device, writer_span(&writer), &response);
}

struct outcome device_join(struct device *device, struct client *client)
{
    struct outcome outcome = device_checkin(device, client);
    for (int attempt = 0; attempt < 2 && (error_is(outcome.error, ERROR_CODE_EVIDENCE_CHALLENGE) ||
                                          error_is(outcome.error, ERROR_CODE_IDENTITY_CHAIN_NEEDED));
         attempt++) {
        outcome = device_checkin(device, client);
    }
    return outcome;
}
