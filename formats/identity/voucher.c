#include "formats/identity/voucher.h"

#include "formats/cbor/cbor.h"
#include "formats/cose/cose.h"

#define LABEL_GENERATION 1
#define LABEL_OWNER_ROOT_DIGEST 2
#define LABEL_HOST 3
#define LABEL_PORT 4
#define LABEL_SUBJECT 5
#define MAJOR_TEXT 3

static void text_copy(char *out, struct span text)
{
    for (size_t index = 0; index < text.size; index++) {
        out[index] = (char)text.data[index];
    }
    out[text.size] = '\0';
}

/* Bytes up to the terminator; out of a field of capacity bytes, which may lack one. */
static struct span text_span(const char *text, size_t capacity)
{
    size_t size_bytes = 0;
    while (size_bytes < capacity && text[size_bytes] != '\0') {
        size_bytes++;
    }
    return span_of(text, size_bytes);
}

/* Letters, digits, hyphens and dots: nothing that could end a URI's authority or an HTTP header. */
static bool host_is_valid(struct span host)
{
    for (size_t index = 0; index < host.size; index++) {
        uint8_t character = host.data[index];
        uint8_t lower = character | 0x20u;
        if (!((lower >= 'a' && lower <= 'z') || (character >= '0' && character <= '9') || character == '-' ||
              character == '.')) {
            return false;
        }
    }
    return host.size > 0 && host.size <= VOUCHER_HOST_SIZE_BYTES_MAX;
}

static bool batch_is_valid(struct span batch)
{
    for (size_t index = 0; index < batch.size; index++) {
        if (batch.data[index] < 0x20 || batch.data[index] > 0x7E) {
            return false;
        }
    }
    return batch.size > 0 && batch.size <= BATCH_SIZE_BYTES_MAX;
}

static bool is_valid(const struct voucher *voucher)
{
    return voucher->generation > 0 && voucher->port > 0 &&
           host_is_valid(text_span(voucher->host, sizeof voucher->host)) &&
           (!voucher->is_batch || batch_is_valid(text_span(voucher->batch, sizeof voucher->batch)));
}

static struct error payload_parse(struct span payload, struct voucher *voucher)
{
    struct cbor_reader cbor;
    cbor_reader_init(&cbor, payload);
    cbor_expect_map(&cbor, 5);
    cbor_expect_int(&cbor, LABEL_GENERATION);
    voucher->generation = cbor_read_uint_max(&cbor, UINT32_MAX);
    cbor_expect_int(&cbor, LABEL_OWNER_ROOT_DIGEST);
    cbor_read_bytes_into(&cbor, voucher->owner_root_digest.bytes, SHA256_DIGEST_SIZE_BYTES);
    cbor_expect_int(&cbor, LABEL_HOST);
    text_copy(voucher->host, cbor_read_text_max(&cbor, VOUCHER_HOST_SIZE_BYTES_MAX));
    cbor_expect_int(&cbor, LABEL_PORT);
    voucher->port = (uint16_t)cbor_read_uint_max(&cbor, UINT16_MAX);
    cbor_expect_int(&cbor, LABEL_SUBJECT);
    voucher->is_batch = cbor_peek_major(&cbor) == MAJOR_TEXT;
    if (voucher->is_batch) {
        text_copy(voucher->batch, cbor_read_text_max(&cbor, BATCH_SIZE_BYTES_MAX));
    } else {
        cbor_read_bytes_into(&cbor, voucher->ueid.bytes, UEID_SIZE_BYTES);
    }
    TRY(cbor_reader_finish(&cbor));
    return is_valid(voucher) ? ERROR_NONE : ERROR(VOUCHER, STRUCTURE);
}

struct error voucher_parse(struct span input, struct voucher *out)
{
    struct cose_sign1 object;
    struct voucher voucher = {0};
    TRY(cose_sign1_parse(input, COSE_CONTENT_TYPE_VOUCHER, &object));
    TRY(cbor_error_as(payload_parse(object.payload, &voucher), ERROR(VOUCHER, STRUCTURE)));
    voucher.signer = object.signer;
    *out = voucher;
    return ERROR_NONE;
}

struct error voucher_verify_signature(struct span input)
{
    struct cose_sign1 object;
    TRY(cose_sign1_parse(input, COSE_CONTENT_TYPE_VOUCHER, &object));
    return error_is_none(cose_sign1_verify(&object)) ? ERROR_NONE : ERROR(VOUCHER, SIGNATURE);
}

bool voucher_covers(const struct voucher *voucher, const struct ueid *ueid, struct span batch)
{
    if (voucher->is_batch) {
        return span_equal(text_span(voucher->batch, sizeof voucher->batch), batch);
    }
    return span_equal(SPAN_OF(voucher->ueid.bytes), SPAN_OF(ueid->bytes));
}

struct error voucher_encode_payload(const struct voucher *voucher, struct writer *out)
{
    if (!is_valid(voucher)) {
        return ERROR(VOUCHER, STRUCTURE);
    }
    cbor_write_map(out, 5);
    cbor_write_int(out, LABEL_GENERATION);
    cbor_write_uint(out, voucher->generation);
    cbor_write_int(out, LABEL_OWNER_ROOT_DIGEST);
    cbor_write_bytes(out, SPAN_OF(voucher->owner_root_digest.bytes));
    cbor_write_int(out, LABEL_HOST);
    cbor_write_text(out, text_span(voucher->host, sizeof voucher->host));
    cbor_write_int(out, LABEL_PORT);
    cbor_write_uint(out, voucher->port);
    cbor_write_int(out, LABEL_SUBJECT);
    if (voucher->is_batch) {
        cbor_write_text(out, text_span(voucher->batch, sizeof voucher->batch));
    } else {
        cbor_write_bytes(out, SPAN_OF(voucher->ueid.bytes));
    }
    return writer_ok(out) ? ERROR_NONE : ERROR(CBOR, CAPACITY);
}
