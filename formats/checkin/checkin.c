#include "formats/checkin/checkin.h"

#include "formats/cbor/cbor.h"

#define REQUEST_EVIDENCE 1
#define REQUEST_CERTIFICATES 2
#define REQUEST_UPDATES 3
#define REQUEST_FAILURES 4
#define REQUEST_ENDPOINTS 5
#define REQUEST_KEYSETS 6
#define REQUEST_KEYSETS_RELEASE 1
#define REQUEST_KEYSETS_APP 2
#define REQUEST_KEYSETS_CONTROL 3
#define REQUEST_ENTRY_COUNT_MAX 6
#define RESPONSE_ANSWER 1
#define RESPONSE_REST 2
#define REST_OPERATIONAL_CERTIFICATE 1
#define REST_CA_CERTIFICATES 2
#define REST_OFFERS 3
#define REST_FAILURES 4
#define REST_KEYSETS 6
#define REST_CA_COUNT_MAX 2
#define OFFER_COMPONENT 1
#define OFFER_SEQUENCE 2
#define OFFER_DIGEST 3
#define OFFER_SIZE 4
#define OFFER_PATCH 5
#define OFFER_PATCH_DIGEST 1
#define OFFER_PATCH_SIZE 2
#define OFFER_PATCH_BASE 3

static struct error finish_read(const struct cbor_reader *cbor)
{
    return cbor_error_as(cbor_reader_finish(cbor), ERROR(CHECKIN, STRUCTURE));
}

static struct error finish_write(const struct writer *out)
{
    return writer_ok(out) ? ERROR_NONE : ERROR(CBOR, CAPACITY);
}

/* [+ bstr], none of them empty. */
static size_t certificates_read(struct cbor_reader *cbor, struct span *certificates, size_t count_max)
{
    size_t count = cbor_read_array(cbor, count_max);
    for (size_t index = 0; index < count; index++) {
        certificates[index] = cbor_read_bytes(cbor);
        if (certificates[index].size == 0) {
            cbor_reader_fail(cbor, ERROR(CHECKIN, STRUCTURE));
        }
    }
    if (count == 0) {
        cbor_reader_fail(cbor, ERROR(CHECKIN, STRUCTURE));
    }
    return count;
}

static void certificates_write(struct writer *out, const struct span *certificates, size_t count)
{
    cbor_write_array(out, count);
    for (size_t index = 0; index < count; index++) {
        cbor_write_bytes(out, certificates[index]);
    }
}

/* Components ascend, so that there is one encoding and at most one offer a component. A patch is smaller than what it
 * stands for. */
static bool offer_is_valid(const struct checkin_offer *offer, const struct checkin_offer *previous)
{
    const struct checkin_patch *patch = &offer->patch;
    bool patch_is_valid = !offer->has_patch || (patch->size_bytes > 0 && patch->size_bytes < offer->file_size_bytes);
    return component_name(offer->component) != NULL && offer->file_size_bytes > 0 && patch_is_valid &&
           (previous == NULL || offer->component > previous->component);
}

static void patch_read(struct cbor_reader *cbor, struct checkin_patch *patch)
{
    cbor_expect_int(cbor, OFFER_PATCH);
    cbor_expect_map(cbor, 3);
    cbor_expect_int(cbor, OFFER_PATCH_DIGEST);
    cbor_read_bytes_into(cbor, patch->digest.bytes, sizeof patch->digest.bytes);
    cbor_expect_int(cbor, OFFER_PATCH_SIZE);
    patch->size_bytes = cbor_read_uint_max(cbor, UINT32_MAX);
    cbor_expect_int(cbor, OFFER_PATCH_BASE);
    cbor_read_bytes_into(cbor, patch->base_digest.bytes, sizeof patch->base_digest.bytes);
}

static void patch_write(struct writer *out, const struct checkin_patch *patch)
{
    cbor_write_int(out, OFFER_PATCH);
    cbor_write_map(out, 3);
    cbor_write_int(out, OFFER_PATCH_DIGEST);
    cbor_write_bytes(out, SPAN_OF(patch->digest.bytes));
    cbor_write_int(out, OFFER_PATCH_SIZE);
    cbor_write_uint(out, patch->size_bytes);
    cbor_write_int(out, OFFER_PATCH_BASE);
    cbor_write_bytes(out, SPAN_OF(patch->base_digest.bytes));
}

static void offers_read(struct cbor_reader *cbor, struct checkin_rest *rest)
{
    rest->offer_count = cbor_read_array(cbor, CHECKIN_OFFER_COUNT_MAX);
    for (size_t index = 0; index < rest->offer_count; index++) {
        struct checkin_offer *offer = &rest->offers[index];
        size_t entry_count = cbor_read_map(cbor, 5);
        offer->has_patch = entry_count == 5;
        if (entry_count < 4) {
            cbor_reader_fail(cbor, ERROR(CHECKIN, STRUCTURE));
        }
        cbor_expect_int(cbor, OFFER_COMPONENT);
        offer->component = (enum component)cbor_read_uint_max(cbor, COMPONENT_APP);
        cbor_expect_int(cbor, OFFER_SEQUENCE);
        offer->sequence = cbor_read_uint_max(cbor, UINT32_MAX);
        cbor_expect_int(cbor, OFFER_DIGEST);
        cbor_read_bytes_into(cbor, offer->file_digest.bytes, sizeof offer->file_digest.bytes);
        cbor_expect_int(cbor, OFFER_SIZE);
        offer->file_size_bytes = cbor_read_uint_max(cbor, UINT32_MAX);
        if (offer->has_patch) {
            patch_read(cbor, &offer->patch);
        }
        if (!offer_is_valid(offer, index == 0 ? NULL : offer - 1)) {
            cbor_reader_fail(cbor, ERROR(CHECKIN, STRUCTURE));
        }
    }
    if (rest->offer_count == 0) {
        cbor_reader_fail(cbor, ERROR(CHECKIN, STRUCTURE));
    }
}

static void offers_write(struct writer *out, const struct checkin_rest *rest)
{
    cbor_write_array(out, rest->offer_count);
    for (size_t index = 0; index < rest->offer_count; index++) {
        const struct checkin_offer *offer = &rest->offers[index];
        cbor_write_map(out, offer->has_patch ? 5 : 4);
        cbor_write_int(out, OFFER_COMPONENT);
        cbor_write_uint(out, (uint64_t)offer->component);
        cbor_write_int(out, OFFER_SEQUENCE);
        cbor_write_uint(out, offer->sequence);
        cbor_write_int(out, OFFER_DIGEST);
        cbor_write_bytes(out, SPAN_OF(offer->file_digest.bytes));
        cbor_write_int(out, OFFER_SIZE);
        cbor_write_uint(out, offer->file_size_bytes);
        if (offer->has_patch) {
            patch_write(out, &offer->patch);
        }
    }
}

/* Signed objects of their own: their parser is formats/identity/keyset.h. */
static void keysets_read(struct cbor_reader *cbor, struct checkin_rest *rest)
{
    rest->keyset_count = cbor_read_array(cbor, CHECKIN_KEYSET_COUNT_MAX);
    for (size_t index = 0; index < rest->keyset_count; index++) {
        rest->keysets[index] = cbor_read_raw(cbor);
    }
    if (rest->keyset_count == 0) {
        cbor_reader_fail(cbor, ERROR(CHECKIN, STRUCTURE));
    }
}

static void reports_read(struct cbor_reader *cbor, struct checkin_request *request)
{
    request->report_count = cbor_read_array(cbor, UPDATE_REPORT_COUNT_MAX);
    for (size_t index = 0; index < request->report_count; index++) {
        struct update_report *report = &request->reports[index];
        update_report_read(cbor, index == 0 ? NULL : report - 1, report);
    }
    if (request->report_count == 0) {
        cbor_reader_fail(cbor, ERROR(CHECKIN, STRUCTURE));
    }
}

static void generations_read(struct cbor_reader *cbor, struct checkin_generations *generations)
{
    cbor_expect_map(cbor, 3);
    cbor_expect_int(cbor, REQUEST_KEYSETS_RELEASE);
    generations->release = cbor_read_uint_max(cbor, UINT32_MAX);
    cbor_expect_int(cbor, REQUEST_KEYSETS_APP);
    generations->app = cbor_read_uint_max(cbor, UINT32_MAX);
    cbor_expect_int(cbor, REQUEST_KEYSETS_CONTROL);
    generations->control = cbor_read_uint_max(cbor, UINT32_MAX);
}

static void generations_write(struct writer *out, const struct checkin_generations *generations)
{
    cbor_write_map(out, 3);
    cbor_write_int(out, REQUEST_KEYSETS_RELEASE);
    cbor_write_uint(out, generations->release);
    cbor_write_int(out, REQUEST_KEYSETS_APP);
    cbor_write_uint(out, generations->app);
    cbor_write_int(out, REQUEST_KEYSETS_CONTROL);
    cbor_write_uint(out, generations->control);
}

/* [log, number]; number 0 stands for none in the struct, so it is not accepted here. */
static void failure_ack_read(struct cbor_reader *cbor, struct failure_ack *ack)
{
    cbor_expect_array(cbor, 2);
    ack->log = cbor_read_uint_max(cbor, UINT32_MAX);
    ack->number = cbor_read_uint_max(cbor, UINT32_MAX);
    if (ack->number == 0) {
        cbor_reader_fail(cbor, ERROR(CHECKIN, STRUCTURE));
    }
}

static void failure_ack_write(struct writer *out, const struct failure_ack *ack)
{
    cbor_write_array(out, 2);
    cbor_write_uint(out, ack->log);
    cbor_write_uint(out, ack->number);
}

static void endpoints_read(struct cbor_reader *cbor, struct checkin_request *request)
{
    request->endpoint_count = cbor_read_array(cbor, ENDPOINT_COUNT_MAX);
    for (size_t index = 0; index < request->endpoint_count; index++) {
        endpoint_read(cbor, &request->endpoints[index]);
    }
    if (request->endpoint_count == 0) {
        cbor_reader_fail(cbor, ERROR(CHECKIN, STRUCTURE));
    }
}

/* Nothing if there is none. False: one of them may not be encoded. */
static bool endpoints_write(struct writer *out, const struct checkin_request *request)
{
    if (request->endpoint_count > 0) {
        cbor_write_int(out, REQUEST_ENDPOINTS);
        cbor_write_array(out, request->endpoint_count);
    }
    for (size_t index = 0; index < request->endpoint_count; index++) {
        if (!endpoint_is_valid(&request->endpoints[index])) {
            return false;
        }
        endpoint_write(out, &request->endpoints[index]);
    }
    return true;
}

/* What may be left out, in ascending order of labels. */
static void request_options_read(struct cbor_reader *cbor, size_t entries_left, struct checkin_request *request)
{
    if (entries_left > 0 && cbor_next_is_int(cbor, REQUEST_CERTIFICATES)) {
        entries_left--;
        request->certificate_count = certificates_read(cbor, request->certificates, CHECKIN_CERTIFICATE_COUNT_MAX);
    }
    if (entries_left > 0 && cbor_next_is_int(cbor, REQUEST_UPDATES)) {
        entries_left--;
        reports_read(cbor, request);
    }
    if (entries_left > 0 && cbor_next_is_int(cbor, REQUEST_FAILURES)) {
        entries_left--;
        request->failures = cbor_read_raw(cbor);
    }
    if (entries_left > 0 && cbor_next_is_int(cbor, REQUEST_ENDPOINTS)) {
        entries_left--;
        endpoints_read(cbor, request);
    }
    if (entries_left > 0 && cbor_next_is_int(cbor, REQUEST_KEYSETS)) {
        entries_left--;
        request->has_generations = true;
        generations_read(cbor, &request->generations);
    }
    if (entries_left > 0) {
        cbor_reader_fail(cbor, ERROR(CHECKIN, STRUCTURE));
    }
}

struct error checkin_request_parse(struct span input, struct checkin_request *out)
{
    struct checkin_request request = {0};
    struct cbor_reader cbor;
    if (input.size > CHECKIN_REQUEST_SIZE_BYTES_MAX) {
        return ERROR(CHECKIN, SIZE);
    }
    cbor_reader_init(&cbor, input);
    size_t entry_count = cbor_read_map(&cbor, REQUEST_ENTRY_COUNT_MAX);
    if (entry_count == 0) {
        cbor_reader_fail(&cbor, ERROR(CHECKIN, STRUCTURE));
    }
    cbor_expect_int(&cbor, REQUEST_EVIDENCE);
    request.evidence = cbor_read_raw(&cbor);
    request_options_read(&cbor, entry_count == 0 ? 0 : entry_count - 1, &request);
    TRY(finish_read(&cbor));
    *out = request;
    return ERROR_NONE;
}

struct error checkin_request_encode(const struct checkin_request *request, struct writer *out)
{
    if (request->certificate_count > CHECKIN_CERTIFICATE_COUNT_MAX || request->report_count > UPDATE_REPORT_COUNT_MAX ||
        request->endpoint_count > ENDPOINT_COUNT_MAX) {
        return ERROR(CHECKIN, STRUCTURE);
    }
    cbor_write_map(out, 1u + (request->certificate_count > 0 ? 1u : 0u) + (request->report_count > 0 ? 1u : 0u) +
                            (request->failures.size > 0 ? 1u : 0u) + (request->endpoint_count > 0 ? 1u : 0u) +
                            (request->has_generations ? 1u : 0u));
    cbor_write_int(out, REQUEST_EVIDENCE);
    writer_bytes(out, request->evidence);
    if (request->certificate_count > 0) {
        cbor_write_int(out, REQUEST_CERTIFICATES);
        certificates_write(out, request->certificates, request->certificate_count);
    }
    if (request->report_count > 0) {
        cbor_write_int(out, REQUEST_UPDATES);
        cbor_write_array(out, request->report_count);
    }
    for (size_t index = 0; index < request->report_count; index++) {
        const struct update_report *report = &request->reports[index];
        if (!update_report_is_valid(report, index == 0 ? NULL : report - 1)) {
            return ERROR(CHECKIN, STRUCTURE);
        }
        update_report_write(out, report);
    }
    if (request->failures.size > 0) {
        cbor_write_int(out, REQUEST_FAILURES);
        writer_bytes(out, request->failures);
    }
    if (!endpoints_write(out, request)) {
        return ERROR(CHECKIN, STRUCTURE);
    }
    if (request->has_generations) {
        cbor_write_int(out, REQUEST_KEYSETS);
        generations_write(out, &request->generations);
    }
    return finish_write(out);
}

struct error checkin_rest_parse(struct span input, struct checkin_rest *out)
{
    struct checkin_rest rest = {0};
    struct cbor_reader cbor;
    cbor_reader_init(&cbor, input);
    size_t entries_left = cbor_read_map(&cbor, 5);
    if (entries_left > 0 && cbor_next_is_int(&cbor, REST_OPERATIONAL_CERTIFICATE)) {
        entries_left--;
        rest.operational_certificate = cbor_read_bytes(&cbor);
        if (rest.operational_certificate.size == 0) {
            cbor_reader_fail(&cbor, ERROR(CHECKIN, STRUCTURE));
        }
    }
    if (entries_left > 0 && cbor_next_is_int(&cbor, REST_CA_CERTIFICATES)) {
        entries_left--;
        rest.ca_count = certificates_read(&cbor, rest.ca_certificates, REST_CA_COUNT_MAX);
    }
    if (entries_left > 0 && cbor_next_is_int(&cbor, REST_OFFERS)) {
        entries_left--;
        offers_read(&cbor, &rest);
    }
    if (entries_left > 0 && cbor_next_is_int(&cbor, REST_FAILURES)) {
        entries_left--;
        failure_ack_read(&cbor, &rest.failures);
    }
    if (entries_left > 0 && cbor_next_is_int(&cbor, REST_KEYSETS)) {
        entries_left--;
        keysets_read(&cbor, &rest);
    }
    if (entries_left > 0) {
        cbor_reader_fail(&cbor, ERROR(CHECKIN, STRUCTURE));
    }
    TRY(finish_read(&cbor));
    *out = rest;
    return ERROR_NONE;
}

struct error checkin_rest_encode(const struct checkin_rest *rest, struct writer *out)
{
    size_t entry_count = (rest->operational_certificate.size > 0 ? 1u : 0u) + (rest->ca_count > 0 ? 1u : 0u) +
                         (rest->offer_count > 0 ? 1u : 0u) + (rest->keyset_count > 0 ? 1u : 0u) +
                         (rest->failures.number > 0 ? 1u : 0u);
    if (rest->ca_count > REST_CA_COUNT_MAX || rest->offer_count > CHECKIN_OFFER_COUNT_MAX ||
        rest->keyset_count > CHECKIN_KEYSET_COUNT_MAX) {
        return ERROR(CHECKIN, STRUCTURE);
    }
    for (size_t index = 0; index < rest->offer_count; index++) {
        if (!offer_is_valid(&rest->offers[index], index == 0 ? NULL : &rest->offers[index - 1])) {
            return ERROR(CHECKIN, STRUCTURE);
        }
    }
    cbor_write_map(out, entry_count);
    if (rest->operational_certificate.size > 0) {
        cbor_write_int(out, REST_OPERATIONAL_CERTIFICATE);
        cbor_write_bytes(out, rest->operational_certificate);
    }
    if (rest->ca_count > 0) {
        cbor_write_int(out, REST_CA_CERTIFICATES);
        certificates_write(out, rest->ca_certificates, rest->ca_count);
    }
    if (rest->offer_count > 0) {
        cbor_write_int(out, REST_OFFERS);
        offers_write(out, rest);
    }
    if (rest->failures.number > 0) {
        cbor_write_int(out, REST_FAILURES);
        failure_ack_write(out, &rest->failures);
    }
    if (rest->keyset_count > 0) {
        cbor_write_int(out, REST_KEYSETS);
        cbor_write_array(out, rest->keyset_count);
        for (size_t index = 0; index < rest->keyset_count; index++) {
            writer_bytes(out, rest->keysets[index]);
        }
    }
    return finish_write(out);
}

struct error checkin_response_parse(struct span input, struct checkin_response *out)
{
    struct checkin_response response;
    struct cbor_reader cbor;
    if (input.size > CHECKIN_RESPONSE_SIZE_BYTES_MAX) {
        return ERROR(CHECKIN, SIZE);
    }
    cbor_reader_init(&cbor, input);
    cbor_expect_map(&cbor, 2);
    cbor_expect_int(&cbor, RESPONSE_ANSWER);
    response.answer = cbor_read_raw(&cbor);
    cbor_expect_int(&cbor, RESPONSE_REST);
    response.rest = cbor_read_bytes(&cbor);
    TRY(finish_read(&cbor));
    *out = response;
    return ERROR_NONE;
}

struct error checkin_response_encode(const struct checkin_response *response, struct writer *out)
{
    cbor_write_map(out, 2);
    cbor_write_int(out, RESPONSE_ANSWER);
    writer_bytes(out, response->answer);
    cbor_write_int(out, RESPONSE_REST);
    cbor_write_bytes(out, response->rest);
    return finish_write(out);
}
