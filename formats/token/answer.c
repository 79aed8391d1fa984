#include "formats/token/answer.h"

#include "formats/cbor/cbor.h"
#include "formats/cose/cose.h"

#define LABEL_TICKET_NONCE 1
#define LABEL_EVIDENCE_DIGEST 2
#define LABEL_TIME 3
#define LABEL_TICKET_LIFETIME 4
#define LABEL_ORDER 5
#define LABEL_REST_DIGEST 6
#define LABEL_NEXT_CHALLENGE 7

static void order_read(struct cbor_reader *cbor, struct answer *answer)
{
    cbor_expect_array(cbor, 3);
    cbor_expect_int(cbor, ORDER_REFRESH);
    answer->order = ORDER_REFRESH;
    answer->order_epoch = cbor_read_uint_max(cbor, UINT32_MAX);
    answer->order_reason = cbor_read_uint_max(cbor, UINT32_MAX);
}

static struct error payload_parse(struct span payload, struct answer *answer)
{
    struct cbor_reader cbor;
    cbor_reader_init(&cbor, payload);
    size_t entry_count = cbor_read_map(&cbor, 7);
    cbor_expect_int(&cbor, LABEL_TICKET_NONCE);
    cbor_read_bytes_into(&cbor, answer->ticket_nonce, TICKET_NONCE_SIZE_BYTES);
    cbor_expect_int(&cbor, LABEL_EVIDENCE_DIGEST);
    cbor_read_bytes_into(&cbor, answer->evidence_digest.bytes, SHA256_DIGEST_SIZE_BYTES);
    cbor_expect_int(&cbor, LABEL_TIME);
    answer->time_s = cbor_read_uint(&cbor);
    cbor_expect_int(&cbor, LABEL_TICKET_LIFETIME);
    answer->ticket_lifetime_s = cbor_read_uint_max(&cbor, UINT32_MAX);
    if (cbor_next_is_int(&cbor, LABEL_ORDER)) {
        order_read(&cbor, answer);
    }
    if (entry_count != (answer->order == ORDER_NONE ? 6 : 7)) {
        cbor_reader_fail(&cbor, ERROR(ANSWER, STRUCTURE));
    }
    cbor_expect_int(&cbor, LABEL_REST_DIGEST);
    cbor_read_bytes_into(&cbor, answer->rest_digest.bytes, SHA256_DIGEST_SIZE_BYTES);
    cbor_expect_int(&cbor, LABEL_NEXT_CHALLENGE);
    cbor_read_bytes_into(&cbor, answer->next_challenge, CHALLENGE_SIZE_BYTES);
    return cbor_reader_finish(&cbor);
}

struct error answer_parse(struct span token, struct answer *out, struct ecdsa_p256_public_key *signer)
{
    struct cose_sign1 object;
    struct answer answer = {0};
    TRY(cose_sign1_parse(token, COSE_CONTENT_TYPE_ANSWER, &object));
    TRY(cbor_error_as(payload_parse(object.payload, &answer), ERROR(ANSWER, STRUCTURE)));
    *out = answer;
    *signer = object.signer;
    return ERROR_NONE;
}

struct error answer_encode_payload(const struct answer *answer, struct writer *out)
{
    if (answer->order != ORDER_NONE && answer->order != ORDER_REFRESH) {
        return ERROR(ANSWER, STRUCTURE);
    }
    cbor_write_map(out, answer->order == ORDER_NONE ? 6 : 7);
    cbor_write_int(out, LABEL_TICKET_NONCE);
    cbor_write_bytes(out, SPAN_OF(answer->ticket_nonce));
    cbor_write_int(out, LABEL_EVIDENCE_DIGEST);
    cbor_write_bytes(out, SPAN_OF(answer->evidence_digest.bytes));
    cbor_write_int(out, LABEL_TIME);
    cbor_write_uint(out, answer->time_s);
    cbor_write_int(out, LABEL_TICKET_LIFETIME);
    cbor_write_uint(out, answer->ticket_lifetime_s);
    if (answer->order != ORDER_NONE) {
        cbor_write_int(out, LABEL_ORDER);
        cbor_write_array(out, 3);
        cbor_write_int(out, (int64_t)answer->order);
        cbor_write_uint(out, answer->order_epoch);
        cbor_write_uint(out, answer->order_reason);
    }
    cbor_write_int(out, LABEL_REST_DIGEST);
    cbor_write_bytes(out, SPAN_OF(answer->rest_digest.bytes));
    cbor_write_int(out, LABEL_NEXT_CHALLENGE);
    cbor_write_bytes(out, SPAN_OF(answer->next_challenge));
    return writer_ok(out) ? ERROR_NONE : ERROR(CBOR, CAPACITY);
}
