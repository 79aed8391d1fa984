#include "formats/cose/cose.h"

#include "formats/cbor/cbor.h"

#define TAG_SIGN1 18
#define HEADER_ALGORITHM 1
#define HEADER_CONTENT_TYPE 3
#define HEADER_KID 4
#define ALGORITHM_ES256 (-7)
#define CONTENT_TYPE_SIZE_BYTES_MAX 40
#define PROTECTED_SIZE_BYTES_MAX (1 + 2 + 1 + 2 + CONTENT_TYPE_SIZE_BYTES_MAX + 3 + 64)
/* Array head, "Signature1", and one head of a byte string. */
#define SIG_STRUCTURE_START_SIZE_BYTES_MAX (1 + 11 + 3)

static struct span literal_span(const char *text)
{
    size_t size_bytes = 0;
    while (text[size_bytes] != '\0') {
        size_bytes++;
    }
    return span_of(text, size_bytes);
}

static struct error protected_parse(struct span input, const char *content_type, struct cose_sign1 *object)
{
    struct cbor_reader cbor;
    cbor_reader_init(&cbor, input);
    cbor_expect_map(&cbor, content_type == NULL ? 2 : 3);
    cbor_expect_int(&cbor, HEADER_ALGORITHM);
    if (!cbor_next_is_int(&cbor, ALGORITHM_ES256)) {
        cbor_reader_fail(&cbor, ERROR(COSE, ALGORITHM));
    }
    object->content_type = SPAN_EMPTY;
    if (content_type != NULL) {
        cbor_expect_int(&cbor, HEADER_CONTENT_TYPE);
        object->content_type = cbor_read_text_unchecked_max(&cbor, CONTENT_TYPE_SIZE_BYTES_MAX);
        if (!span_equal(object->content_type, literal_span(content_type))) {
            cbor_reader_fail(&cbor, ERROR(COSE, CONTENT_TYPE));
        }
    }
    cbor_expect_int(&cbor, HEADER_KID);
    cbor_read_bytes_into(&cbor, object->signer.bytes, sizeof object->signer.bytes);
    return cbor_reader_finish(&cbor);
}

struct error cose_sign1_parse(struct span input, const char *content_type, struct cose_sign1 *out)
{
    struct cose_sign1 object;
    struct cbor_reader cbor;
    cbor_reader_init(&cbor, input);
    cbor_expect_tag(&cbor, TAG_SIGN1);
    cbor_expect_array(&cbor, 4);
    object.protected_header = cbor_read_bytes(&cbor);
    cbor_expect_map(&cbor, 0);
    object.payload = SPAN_EMPTY;
    if (content_type == NULL) {
        cbor_read_null(&cbor);
    } else {
        object.payload = cbor_read_bytes(&cbor);
    }
    cbor_read_bytes_into(&cbor, object.signature.bytes, sizeof object.signature.bytes);
    struct error error = cbor_reader_finish(&cbor);
    if (error_is_none(error)) {
        error = protected_parse(object.protected_header, content_type, &object);
    }
    if (error_is_none(error)) {
        *out = object;
    }
    return cbor_error_as(error, ERROR(COSE, STRUCTURE));
}

struct sha256_digest cose_sign1_digest(const struct cose_sign1 *object)
{
    uint8_t scratch[SIG_STRUCTURE_START_SIZE_BYTES_MAX];
    struct writer writer;
    struct sha256 sha256;
    struct sha256_digest digest;
    sha256_init(&sha256);
    writer_init(&writer, scratch, sizeof scratch);
    cbor_write_array(&writer, 4);
    cbor_write_text_literal(&writer, "Signature1");
    cbor_write_bytes_head(&writer, object->protected_header.size);
    sha256_update(&sha256, writer_span(&writer));
    sha256_update(&sha256, object->protected_header);
    writer_init(&writer, scratch, sizeof scratch);
    cbor_write_bytes_head(&writer, 0);
    cbor_write_bytes_head(&writer, object->payload.size);
    sha256_update(&sha256, writer_span(&writer));
    sha256_update(&sha256, object->payload);
    sha256_finish(&sha256, &digest);
    return digest;
}

struct error cose_sign1_verify(const struct cose_sign1 *object)
{
    struct sha256_digest digest = cose_sign1_digest(object);
    if (!error_is_none(ecdsa_p256_verify(&object->signer, &digest, &object->signature))) {
        return ERROR(COSE, SIGNATURE);
    }
    return ERROR_NONE;
}

static void write_protected(struct writer *writer, const char *content_type,
                            const struct ecdsa_p256_public_key *signer)
{
    cbor_write_map(writer, content_type == NULL ? 2 : 3);
    cbor_write_int(writer, HEADER_ALGORITHM);
    cbor_write_int(writer, ALGORITHM_ES256);
    if (content_type != NULL) {
        cbor_write_int(writer, HEADER_CONTENT_TYPE);
        cbor_write_text_literal(writer, content_type);
    }
    cbor_write_int(writer, HEADER_KID);
    cbor_write_bytes(writer, SPAN_OF(signer->bytes));
}

struct error cose_sign1_prepare(const char *content_type, const struct ecdsa_p256_public_key *signer,
                                struct span payload, struct sha256_digest *digest)
{
    uint8_t scratch[PROTECTED_SIZE_BYTES_MAX];
    struct writer protected_writer;
    writer_init(&protected_writer, scratch, sizeof scratch);
    write_protected(&protected_writer, content_type, signer);
    if (!writer_ok(&protected_writer)) {
        return ERROR(CBOR, CAPACITY);
    }
    struct cose_sign1 object = {.protected_header = writer_span(&protected_writer), .payload = payload};
    *digest = cose_sign1_digest(&object);
    return ERROR_NONE;
}

struct error cose_sign1_encode(const char *content_type, const struct ecdsa_p256_public_key *signer,
                               struct span payload, const struct ecdsa_p256_signature *signature,
                               struct writer *out)
{
    uint8_t scratch[PROTECTED_SIZE_BYTES_MAX];
    struct writer protected_writer;
    writer_init(&protected_writer, scratch, sizeof scratch);
    write_protected(&protected_writer, content_type, signer);
    cbor_write_tag(out, TAG_SIGN1);
    cbor_write_array(out, 4);
    cbor_write_bytes(out, writer_span(&protected_writer));
    cbor_write_map(out, 0);
    if (content_type == NULL) {
        cbor_write_null(out);
    } else {
        cbor_write_bytes(out, payload);
    }
    cbor_write_bytes(out, SPAN_OF(signature->bytes));
    return writer_ok(&protected_writer) && writer_ok(out) ? ERROR_NONE : ERROR(CBOR, CAPACITY);
}

struct error cose_sign1_create(const char *content_type, const struct ecdsa_p256_private_key *private_key,
                               const struct ecdsa_p256_public_key *signer, struct span payload,
                               struct span nonce_input, struct writer *out)
{
    struct sha256_digest digest;
    struct ecdsa_p256_signature signature;
    TRY(cose_sign1_prepare(content_type, signer, payload, &digest));
    TRY(ecdsa_p256_sign(private_key, &digest, nonce_input, &signature));
    return cose_sign1_encode(content_type, signer, payload, &signature, out);
}
