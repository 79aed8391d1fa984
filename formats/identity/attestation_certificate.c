#include "formats/identity/attestation_certificate.h"

/* The parts of the certificate that never change, with their headers. */
static const uint8_t algorithm_ecdsa_sha256[] = {0x30, 0x0A, 0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04, 0x03, 0x02};
/* [0] version 3; INTEGER of 16 bytes: the serial number follows. */
static const uint8_t version_and_serial[] = {0xA0, 0x03, 0x02, 0x01, 0x02, 0x02, 0x10};
/* Issuer, CN of 66 characters. */
static const uint8_t issuer_start[] = {0x30, 0x4D, 0x31, 0x4B, 0x30, 0x49, 0x06, 0x03, 0x55, 0x04, 0x03, 0x0C, 0x42};
/* Validity 260101000000Z to 99991231235959Z; subject CN "attestation", serialNumber of 32 characters. */
static const uint8_t validity_and_subject[] = {
    0x30, 0x20, 0x17, 0x0D, '2',  '6',  '0',  '1',  '0',  '1',  '0',  '0',  '0',  '0',  '0',  '0',  'Z',  0x18, 0x0F,
    '9',  '9',  '9',  '9',  '1',  '2',  '3',  '1',  '2',  '3',  '5',  '9',  '5',  '9',  'Z',  0x30, 0x41, 0x31, 0x14,
    0x30, 0x12, 0x06, 0x03, 0x55, 0x04, 0x03, 0x0C, 0x0B, 'a',  't',  't',  'e',  's',  't',  'a',  't',  'i',  'o',
    'n',  0x31, 0x29, 0x30, 0x27, 0x06, 0x03, 0x55, 0x04, 0x05, 0x13, 0x20};
/* SubjectPublicKeyInfo of an uncompressed point on P-256 (RFC 5480). */
static const uint8_t public_key_start[] = {0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2A, 0x86, 0x48,
                                           0xCE, 0x3D, 0x02, 0x01, 0x06, 0x08, 0x2A, 0x86, 0x48,
                                           0xCE, 0x3D, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04};
/* Critical basicConstraints CA:FALSE, critical keyUsage digitalSignature, extendedKeyUsage 2.23.133.5.4.100.9. */
static const uint8_t extensions_fixed[] = {
    0x30, 0x0C, 0x06, 0x03, 0x55, 0x1D, 0x13, 0x01, 0x01, 0xFF, 0x04, 0x02, 0x30, 0x00, 0x30, 0x0E, 0x06,
    0x03, 0x55, 0x1D, 0x0F, 0x01, 0x01, 0xFF, 0x04, 0x04, 0x03, 0x02, 0x07, 0x80, 0x30, 0x12, 0x06, 0x03,
    0x55, 0x1D, 0x25, 0x04, 0x0B, 0x30, 0x09, 0x06, 0x07, 0x67, 0x81, 0x05, 0x05, 0x04, 0x64, 0x09};
static const uint8_t tcb_info_oid[] = {0x06, 0x06, 0x67, 0x81, 0x05, 0x05, 0x04, 0x01};
/* [6] fwids: one FWID, SHA-256; 32 bytes follow. */
static const uint8_t fwids_start[] = {0xA6, 0x2F, 0x30, 0x2D, 0x06, 0x09, 0x60, 0x86, 0x48,
                                      0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x04, 0x20};
/* [9] type "monitor", preceded by [7] flags: none, or bit 3 (debug). */
static const uint8_t flags_none_and_type[] = {0x87, 0x01, 0x00, 0x89, 0x07, 'm', 'o', 'n', 'i', 't', 'o', 'r'};
static const uint8_t flags_debug_and_type[] = {0x87, 0x02, 0x04, 0x10, 0x89, 0x07, 'm', 'o', 'n', 'i', 't', 'o', 'r'};
/* 1.2.840.113556.1.8000.2554.30209.39762.37869.18973.37952.1331842.13862417, critical: the GUID
 * 76019b52-93ed-4a1d-9440-145282d38611 below an arc that is open to everybody (docs/protocol/certificates.md). */
static const uint8_t epoch_oid_critical[] = {
    0x06, 0x21, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x14, 0x01, 0xBE, 0x40, 0x93, 0x7A, 0x81, 0xEC,
    0x01, 0x82, 0xB6, 0x52, 0x82, 0xA7, 0x6D, 0x81, 0x94, 0x1D, 0x82, 0xA8, 0x40, 0xD1, 0xA5,
    0x02, 0x86, 0xCE, 0x8C, 0x11, 0x01, 0x01, 0xFF};

#define TAG_INTEGER 0x02u
#define TAG_BIT_STRING 0x03u
#define TAG_OCTET_STRING 0x04u
#define TAG_SEQUENCE 0x30u
#define TAG_SVN 0x83u
#define TAG_EXTENSIONS 0xA3u
/* Bytes of SHA-256(public key) in the serial number and in the subject. */
#define SERIAL_SIZE_BYTES 16

/* Writes DER from its end to its start, so that each length is known when its header is due. */
struct der_writer {
    uint8_t bytes[ATTESTATION_CERTIFICATE_SIZE_BYTES_MAX];
    size_t start_bytes; /* content is bytes[start_bytes .. end); 0 after an overflow, which no real certificate is */
};

static void put_bytes(struct der_writer *der, const void *data, size_t size_bytes)
{
    if (size_bytes >= der->start_bytes) {
        der->start_bytes = 0;
        return;
    }
    der->start_bytes -= size_bytes;
    for (size_t index = 0; index < size_bytes; index++) {
        der->bytes[der->start_bytes + index] = ((const uint8_t *)data)[index];
    }
}

static void put_byte(struct der_writer *der, unsigned int value)
{
    uint8_t byte = (uint8_t)value;
    put_bytes(der, &byte, 1);
}

/* Puts tag and length before everything that was written since the mark. */
static void put_header(struct der_writer *der, unsigned int tag, size_t mark)
{
    size_t size_bytes = mark - der->start_bytes;
    put_byte(der, (unsigned int)size_bytes & 0xFFu);
    if (size_bytes > 0xFF) {
        put_byte(der, (unsigned int)(size_bytes >> 8));
        put_byte(der, 0x82);
    } else if (size_bytes > 0x7F) {
        put_byte(der, 0x81);
    }
    put_byte(der, tag);
}

/* An unsigned INTEGER from big-endian bytes: no superfluous zero, and a zero before a set top bit. */
static void put_integer(struct der_writer *der, unsigned int tag, const uint8_t *big_endian, size_t size_bytes)
{
    size_t mark = der->start_bytes;
    while (size_bytes > 1 && big_endian[0] == 0) {
        big_endian++;
        size_bytes--;
    }
    put_bytes(der, big_endian, size_bytes);
    if ((big_endian[0] & 0x80u) != 0) {
        put_byte(der, 0);
    }
    put_header(der, tag, mark);
}

static void put_u32(struct der_writer *der, unsigned int tag, uint32_t value)
{
    const uint8_t big_endian[4] = {(uint8_t)(value >> 24), (uint8_t)(value >> 16), (uint8_t)(value >> 8),
                                   (uint8_t)value};
    put_integer(der, tag, big_endian, sizeof big_endian);
}

/* Lower-case hexadecimal digits without a header. */
static void put_hex(struct der_writer *der, const uint8_t *bytes, size_t size_bytes)
{
    while (size_bytes > 0) {
        size_bytes--;
        put_byte(der, (uint8_t)"0123456789abcdef"[bytes[size_bytes] & 0x0Fu]);
        put_byte(der, (uint8_t)"0123456789abcdef"[bytes[size_bytes] >> 4]);
    }
}

static void put_extensions(struct der_writer *der, const struct attestation_certificate *certificate)
{
    size_t end = der->start_bytes;
    put_u32(der, TAG_INTEGER, certificate->epoch);
    put_header(der, TAG_OCTET_STRING, end);
    put_bytes(der, epoch_oid_critical, sizeof epoch_oid_critical);
    put_header(der, TAG_SEQUENCE, end);
    size_t tcb_info_end = der->start_bytes;
    if (certificate->debug) {
        put_bytes(der, flags_debug_and_type, sizeof flags_debug_and_type);
    } else {
        put_bytes(der, flags_none_and_type, sizeof flags_none_and_type);
    }
    put_bytes(der, certificate->monitor_digest.bytes, sizeof certificate->monitor_digest.bytes);
    put_bytes(der, fwids_start, sizeof fwids_start);
    put_u32(der, TAG_SVN, certificate->monitor_sequence);
    put_header(der, TAG_SEQUENCE, tcb_info_end);
    put_header(der, TAG_OCTET_STRING, tcb_info_end);
    put_bytes(der, tcb_info_oid, sizeof tcb_info_oid);
    put_header(der, TAG_SEQUENCE, tcb_info_end);
    put_bytes(der, extensions_fixed, sizeof extensions_fixed);
    put_header(der, TAG_SEQUENCE, end);
    put_header(der, TAG_EXTENSIONS, end);
}

/* The part that is signed. */
static void put_signed(struct der_writer *der, const struct attestation_certificate *certificate)
{
    size_t end = der->start_bytes;
    struct sha256_digest key_digest = sha256_of(SPAN_OF(certificate->public_key.bytes));
    put_extensions(der, certificate);
    put_bytes(der, certificate->public_key.bytes, sizeof certificate->public_key.bytes);
    put_bytes(der, public_key_start, sizeof public_key_start);
    put_hex(der, key_digest.bytes, SERIAL_SIZE_BYTES);
    put_bytes(der, validity_and_subject, sizeof validity_and_subject);
    put_hex(der, certificate->ueid.bytes, sizeof certificate->ueid.bytes);
    put_bytes(der, issuer_start, sizeof issuer_start);
    put_bytes(der, algorithm_ecdsa_sha256, sizeof algorithm_ecdsa_sha256);
    /* A positive number of exactly 16 bytes (RFC 5280 4.1.2.2). */
    key_digest.bytes[0] = (uint8_t)((key_digest.bytes[0] & 0x3Fu) | 0x40u);
    put_bytes(der, key_digest.bytes, SERIAL_SIZE_BYTES);
    put_bytes(der, version_and_serial, sizeof version_and_serial);
    put_header(der, TAG_SEQUENCE, end);
}

static struct span der_span(const struct der_writer *der)
{
    return span_of(der->bytes + der->start_bytes, sizeof der->bytes - der->start_bytes);
}

struct error attestation_certificate_prepare(const struct attestation_certificate *certificate,
                                             struct sha256_digest *digest)
{
    struct der_writer der = {.start_bytes = sizeof der.bytes};
    put_signed(&der, certificate);
    if (der.start_bytes == 0) {
        return ERROR(CBOR, CAPACITY);
    }
    *digest = sha256_of(der_span(&der));
    return ERROR_NONE;
}

struct error attestation_certificate_encode(const struct attestation_certificate *certificate,
                                            const struct ecdsa_p256_signature *signature, struct writer *out)
{
    struct der_writer der = {.start_bytes = sizeof der.bytes};
    size_t end = der.start_bytes;
    put_integer(&der, TAG_INTEGER, signature->bytes + 32, 32);
    put_integer(&der, TAG_INTEGER, signature->bytes, 32);
    put_header(&der, TAG_SEQUENCE, end);
    put_byte(&der, 0); /* No unused bits. */
    put_header(&der, TAG_BIT_STRING, end);
    put_bytes(&der, algorithm_ecdsa_sha256, sizeof algorithm_ecdsa_sha256);
    put_signed(&der, certificate);
    put_header(&der, TAG_SEQUENCE, end);
    writer_bytes(out, der_span(&der));
    return der.start_bytes != 0 && writer_ok(out) ? ERROR_NONE : ERROR(CBOR, CAPACITY);
}
