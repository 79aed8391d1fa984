#include "formats/operator/operator_command.h"

#include "formats/cbor/cbor.h"
#include "formats/cose/cose.h"

#define LABEL_TARGET 1
#define LABEL_BODY_DIGEST 2
#define LABEL_TIME 3
#define LABEL_NONCE 4

static struct error payload_parse(struct span payload, struct operator_command *command)
{
    struct cbor_reader cbor;
    cbor_reader_init(&cbor, payload);
    cbor_expect_map(&cbor, 4);
    cbor_expect_int(&cbor, LABEL_TARGET);
    command->target = cbor_read_text_max(&cbor, OPERATOR_COMMAND_TARGET_SIZE_BYTES_MAX);
    if (command->target.size == 0) {
        cbor_reader_fail(&cbor, ERROR(OPERATOR, COMMAND));
    }
    cbor_expect_int(&cbor, LABEL_BODY_DIGEST);
    cbor_read_bytes_into(&cbor, command->body_digest.bytes, SHA256_DIGEST_SIZE_BYTES);
    cbor_expect_int(&cbor, LABEL_TIME);
    command->time_s = cbor_read_uint(&cbor);
    cbor_expect_int(&cbor, LABEL_NONCE);
    cbor_read_bytes_into(&cbor, command->nonce, OPERATOR_COMMAND_NONCE_SIZE_BYTES);
    return cbor_reader_finish(&cbor);
}

struct error operator_command_parse(struct span token, struct operator_command *out,
                                    struct ecdsa_p256_public_key *signer)
{
    struct cose_sign1 object;
    struct operator_command command = {0};
    TRY(cose_sign1_parse(token, COSE_CONTENT_TYPE_OPERATOR_COMMAND, &object));
    TRY(cbor_error_as(payload_parse(object.payload, &command), ERROR(OPERATOR, COMMAND)));
    *out = command;
    *signer = object.signer;
    return ERROR_NONE;
}

struct error operator_command_verify(struct span token)
{
    struct cose_sign1 object;
    TRY(cose_sign1_parse(token, COSE_CONTENT_TYPE_OPERATOR_COMMAND, &object));
    return cose_sign1_verify(&object);
}

struct error operator_command_encode_payload(const struct operator_command *command, struct writer *out)
{
    if (command->target.size == 0 || command->target.size > OPERATOR_COMMAND_TARGET_SIZE_BYTES_MAX) {
        return ERROR(OPERATOR, COMMAND);
    }
    cbor_write_map(out, 4);
    cbor_write_int(out, LABEL_TARGET);
    cbor_write_text(out, command->target);
    cbor_write_int(out, LABEL_BODY_DIGEST);
    cbor_write_bytes(out, SPAN_OF(command->body_digest.bytes));
    cbor_write_int(out, LABEL_TIME);
    cbor_write_uint(out, command->time_s);
    cbor_write_int(out, LABEL_NONCE);
    cbor_write_bytes(out, SPAN_OF(command->nonce));
    return writer_ok(out) ? ERROR_NONE : ERROR(CBOR, CAPACITY);
}
