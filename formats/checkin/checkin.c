#include "formats/checkin/checkin.h"

#include "formats/cbor/cbor.h"

#define REQUEST_EVIDENCE 1
#define REQUEST_CERTIFICATES 2
#define RESPONSE_ANSWER 1
#define RESPONSE_REST 2
#define REST_OPERATIONAL_CERTIFICATE 1
#define REST_CA_CERTIFICATES 2
#define REST_CA_COUNT_MAX 2

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

struct error checkin_request_parse(struct span input, struct checkin_request *out)
{
    struct checkin_request request = {0};
    struct cbor_reader cbor;
    if (input.size > CHECKIN_REQUEST_SIZE_BYTES_MAX) {
        return ERROR(CHECKIN, SIZE);
    }
    cbor_reader_init(&cbor, input);
    size_t entry_count = cbor_read_map(&cbor, 2);
    if (entry_count == 0) {
        cbor_reader_fail(&cbor, ERROR(CHECKIN, STRUCTURE));
    }
    cbor_expect_int(&cbor, REQUEST_EVIDENCE);
    request.evidence = cbor_read_raw(&cbor);
    if (entry_count == 2) {
        cbor_expect_int(&cbor, REQUEST_CERTIFICATES);
        request.certificate_count = certificates_read(&cbor, request.certificates, CHECKIN_CERTIFICATE_COUNT_MAX);
    }
    TRY(finish_read(&cbor));
    *out = request;
    return ERROR_NONE;
}

struct error checkin_request_encode(const struct checkin_request *request, struct writer *out)
{
    if (request->certificate_count > CHECKIN_CERTIFICATE_COUNT_MAX) {
        return ERROR(CHECKIN, STRUCTURE);
    }
    cbor_write_map(out, request->certificate_count == 0 ? 1 : 2);
    cbor_write_int(out, REQUEST_EVIDENCE);
    writer_bytes(out, request->evidence);
    if (request->certificate_count > 0) {
        cbor_write_int(out, REQUEST_CERTIFICATES);
        certificates_write(out, request->certificates, request->certificate_count);
    }
    return finish_write(out);
}

struct error checkin_rest_parse(struct span input, struct checkin_rest *out)
{
    struct checkin_rest rest = {0};
    struct cbor_reader cbor;
    cbor_reader_init(&cbor, input);
    size_t entries_left = cbor_read_map(&cbor, 2);
    if (entries_left > 0 && cbor_next_is_int(&cbor, REST_OPERATIONAL_CERTIFICATE)) {
        entries_left--;
        rest.operational_certificate = cbor_read_bytes(&cbor);
        if (rest.operational_certificate.size == 0) {
            cbor_reader_fail(&cbor, ERROR(CHECKIN, STRUCTURE));
        }
    }
    if (entries_left > 0) {
        entries_left--;
        cbor_expect_int(&cbor, REST_CA_CERTIFICATES);
        rest.ca_count = certificates_read(&cbor, rest.ca_certificates, REST_CA_COUNT_MAX);
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
    size_t entry_count = (rest->operational_certificate.size > 0 ? 1u : 0u) + (rest->ca_count > 0 ? 1u : 0u);
    if (rest->ca_count > REST_CA_COUNT_MAX) {
        return ERROR(CHECKIN, STRUCTURE);
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
