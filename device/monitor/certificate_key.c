#include "device/monitor/certificate_key.h"

#include "base/reader.h"

#define DER_INTEGER 0x02
#define DER_SEQUENCE 0x30
#define DER_CONTEXT_0 0xA0

/* SubjectPublicKeyInfo of an uncompressed P-256 point, up to the point itself. */
static const uint8_t p256_key_info[] = {
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01, 0x06,
    0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04,
};

/* Content of the next element, which must have this tag and a shortest-form length below 64 KiB. */
static struct span der_take(struct reader *reader, uint8_t tag)
{
    if (reader_u8(reader) != tag) {
        reader->failed = true;
    }
    size_t size_bytes = reader_u8(reader);
    if (size_bytes == 0x81) {
        size_bytes = reader_u8(reader);
        if (size_bytes < 0x80) {
            reader->failed = true;
        }
    } else if (size_bytes == 0x82) {
        size_bytes = reader_u16(reader);
        if (size_bytes < 0x100) {
            reader->failed = true;
        }
    } else if (size_bytes >= 0x80) {
        reader->failed = true;
    }
    return reader_take(reader, size_bytes);
}

struct error certificate_key(struct span der, struct ecdsa_p256_public_key *out)
{
    struct reader outer;
    reader_init(&outer, der);
    struct reader certificate;
    reader_init(&certificate, der_take(&outer, DER_SEQUENCE));
    struct reader fields;
    reader_init(&fields, der_take(&certificate, DER_SEQUENCE));
    (void)der_take(&fields, DER_CONTEXT_0); /* version */
    (void)der_take(&fields, DER_INTEGER);   /* serial number */
    (void)der_take(&fields, DER_SEQUENCE);  /* signature algorithm */
    (void)der_take(&fields, DER_SEQUENCE);  /* issuer */
    (void)der_take(&fields, DER_SEQUENCE);  /* validity */
    (void)der_take(&fields, DER_SEQUENCE);  /* subject */
    struct span prefix = reader_take(&fields, sizeof(p256_key_info));
    struct span point = reader_take(&fields, sizeof(out->bytes));
    if (!reader_ok(&outer) || reader_remaining(&outer) != 0 || !reader_ok(&certificate) || !reader_ok(&fields) ||
        !span_equal(prefix, SPAN_OF(p256_key_info))) {
        return ERROR(VOUCHER, OWNER);
    }
    for (size_t index = 0; index < sizeof(out->bytes); index++) {
        out->bytes[index] = point.data[index];
    }
    return ERROR_NONE;
}
