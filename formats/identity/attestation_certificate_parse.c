#include "base/reader.h"
#include "formats/identity/attestation_certificate.h"

/* The parser looks for the fields where the profile has them and then encodes them again: only the very bytes that
 * the encoder writes are accepted, so nothing that is skipped here can differ. */

#define TAG_BOOLEAN 0x01
#define TAG_INTEGER 0x02
#define TAG_BIT_STRING 0x03
#define TAG_OCTET_STRING 0x04
#define TAG_OID 0x06
#define TAG_SEQUENCE 0x30
#define TAG_VERSION 0xA0
#define TAG_EXTENSIONS 0xA3
#define TAG_SVN 0x83
#define TAG_FWIDS 0xA6
#define TAG_FLAGS 0x87

/* Content of the next element, which must have this tag; empty after a failure. */
static struct span element(struct reader *reader, uint8_t tag)
{
    uint8_t tag_found = reader_u8(reader);
    size_t size_bytes = reader_u8(reader);
    if (size_bytes == 0x81) {
        size_bytes = reader_u8(reader);
    } else if (size_bytes == 0x82) {
        size_bytes = reader_u16(reader);
    } else if (size_bytes > 0x7F) {
        reader->failed = true;
    }
    if (tag_found != tag) {
        reader->failed = true;
    }
    return reader_take(reader, size_bytes);
}

static struct reader enter(struct reader *outer, uint8_t tag)
{
    struct reader inner;
    reader_init(&inner, element(outer, tag));
    inner.failed = outer->failed;
    return inner;
}

static void copy_tail(struct reader *reader, struct span from, uint8_t *out, size_t size_bytes)
{
    if (reader->failed || from.size < size_bytes) {
        reader->failed = true;
        return;
    }
    for (size_t index = 0; index < size_bytes; index++) {
        out[index] = from.data[from.size - size_bytes + index];
    }
}

/* INTEGER of at most size_bytes, right-aligned into out. */
static void unsigned_integer(struct reader *reader, uint8_t tag, uint8_t *out, size_t size_bytes)
{
    struct span content = element(reader, tag);
    if (content.size > size_bytes && content.data[0] == 0) {
        content = span_of(content.data + 1, content.size - 1);
    }
    if (content.size > size_bytes) {
        reader->failed = true;
        return;
    }
    for (size_t index = 0; index < size_bytes; index++) {
        out[index] = 0;
    }
    copy_tail(reader, content, out + size_bytes - content.size, content.size);
}

static uint32_t unsigned_integer_u32(struct reader *reader, uint8_t tag)
{
    uint8_t bytes[4] = {0};
    unsigned_integer(reader, tag, bytes, sizeof bytes);
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

/* True if TcbInfo and epoch were read. */
static bool extensions_read(struct reader *signed_part, struct attestation_certificate *certificate)
{
    struct reader wrapper = enter(signed_part, TAG_EXTENSIONS);
    struct reader extensions = enter(&wrapper, TAG_SEQUENCE);
    (void)element(&extensions, TAG_SEQUENCE);
    (void)element(&extensions, TAG_SEQUENCE);
    (void)element(&extensions, TAG_SEQUENCE);
    struct reader tcb_extension = enter(&extensions, TAG_SEQUENCE);
    (void)element(&tcb_extension, TAG_OID);
    struct reader tcb_value = enter(&tcb_extension, TAG_OCTET_STRING);
    struct reader tcb_info = enter(&tcb_value, TAG_SEQUENCE);
    certificate->monitor_sequence = unsigned_integer_u32(&tcb_info, TAG_SVN);
    copy_tail(&tcb_info, element(&tcb_info, TAG_FWIDS), certificate->monitor_digest.bytes, SHA256_DIGEST_SIZE_BYTES);
    certificate->debug = element(&tcb_info, TAG_FLAGS).size == 2;
    struct reader epoch_extension = enter(&extensions, TAG_SEQUENCE);
    (void)element(&epoch_extension, TAG_OID);
    (void)element(&epoch_extension, TAG_BOOLEAN);
    struct reader epoch_value = enter(&epoch_extension, TAG_OCTET_STRING);
    certificate->epoch = unsigned_integer_u32(&epoch_value, TAG_INTEGER);
    return reader_ok(&tcb_info) && reader_ok(&epoch_value);
}

static bool signed_part_read(struct reader *outer, struct attestation_certificate *certificate, bool *tcb_info_ok)
{
    struct reader signed_part = enter(outer, TAG_SEQUENCE);
    uint8_t issuer_name[UEID_TEXT_SIZE_BYTES - 1];
    (void)element(&signed_part, TAG_VERSION);
    (void)element(&signed_part, TAG_INTEGER);
    (void)element(&signed_part, TAG_SEQUENCE);
    copy_tail(&signed_part, element(&signed_part, TAG_SEQUENCE), issuer_name, sizeof issuer_name);
    (void)element(&signed_part, TAG_SEQUENCE);
    (void)element(&signed_part, TAG_SEQUENCE);
    copy_tail(&signed_part, element(&signed_part, TAG_SEQUENCE), certificate->public_key.bytes,
              sizeof certificate->public_key.bytes);
    if (!reader_ok(&signed_part) || !ueid_from_text(SPAN_OF(issuer_name), &certificate->ueid)) {
        return false;
    }
    *tcb_info_ok = extensions_read(&signed_part, certificate);
    return true;
}

struct error attestation_certificate_parse(struct span der, struct attestation_certificate *out,
                                           struct sha256_digest *signed_digest, struct ecdsa_p256_signature *signature)
{
    struct attestation_certificate certificate = {0};
    struct ecdsa_p256_signature signature_read;
    struct sha256_digest digest;
    struct reader reader;
    bool tcb_info_ok = false;
    reader_init(&reader, der);
    struct reader whole = enter(&reader, TAG_SEQUENCE);
    if (!signed_part_read(&whole, &certificate, &tcb_info_ok)) {
        return ERROR(IDENTITY, CERTIFICATE);
    }
    if (!tcb_info_ok) {
        return ERROR(IDENTITY, TCB_INFO);
    }
    (void)element(&whole, TAG_SEQUENCE);
    struct reader bits = enter(&whole, TAG_BIT_STRING);
    (void)reader_u8(&bits);
    struct reader pair = enter(&bits, TAG_SEQUENCE);
    unsigned_integer(&pair, TAG_INTEGER, signature_read.bytes, 32);
    unsigned_integer(&pair, TAG_INTEGER, signature_read.bytes + 32, 32);
    if (!reader_ok(&pair)) {
        return ERROR(IDENTITY, CERTIFICATE);
    }
    uint8_t again[ATTESTATION_CERTIFICATE_SIZE_BYTES_MAX];
    struct writer writer;
    writer_init(&writer, again, sizeof again);
    TRY(attestation_certificate_prepare(&certificate, &digest));
    TRY(attestation_certificate_encode(&certificate, &signature_read, &writer));
    if (!span_equal(writer_span(&writer), der)) {
        return ERROR(IDENTITY, CERTIFICATE);
    }
    *out = certificate;
    *signed_digest = digest;
    *signature = signature_read;
    return ERROR_NONE;
}
