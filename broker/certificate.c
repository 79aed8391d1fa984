#include "broker/certificate.h"

#include <string.h>

#include "formats/identity/attestation_certificate.h"

/* The one extension of this name; -1 if there is none or more than one. */
static int find_epoch(X509 *certificate)
{
    ASN1_OBJECT *name = OBJ_txt2obj(IDENTITY_EPOCH_OID, 1);
    int first = name == NULL ? -1 : X509_get_ext_by_OBJ(certificate, name, -1);
    int second = first < 0 ? -1 : X509_get_ext_by_OBJ(certificate, name, first);
    ASN1_OBJECT_free(name);
    return second < 0 ? first : -1;
}

static bool read_epoch(X509 *certificate, uint32_t *epoch)
{
    int index = find_epoch(certificate);
    if (index < 0) {
        return false;
    }
    const ASN1_OCTET_STRING *value = X509_EXTENSION_get_data(X509_get_ext(certificate, index));
    const unsigned char *der = ASN1_STRING_get0_data(value);
    const unsigned char *end = der;
    ASN1_INTEGER *number = d2i_ASN1_INTEGER(NULL, &end, ASN1_STRING_length(value));
    uint64_t wide = 0;
    bool ok = number != NULL && end == der + ASN1_STRING_length(value) && ASN1_INTEGER_get_uint64(&wide, number) == 1 &&
              wide > 0 && wide <= UINT32_MAX;
    ASN1_INTEGER_free(number);
    *epoch = (uint32_t)wide;
    return ok;
}

bool certificate_name(X509 *certificate, char *out, size_t capacity)
{
    const X509_NAME *subject = X509_get_subject_name(certificate);
    int first = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
    if (first < 0 || X509_NAME_get_index_by_NID(subject, NID_commonName, first) >= 0) {
        return false;
    }
    const ASN1_STRING *text = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, first));
    size_t size = (size_t)ASN1_STRING_length(text);
    const unsigned char *data = ASN1_STRING_get0_data(text);
    if (size == 0 || size >= capacity || memchr(data, '\0', size) != NULL) {
        return false;
    }
    memcpy(out, data, size);
    out[size] = '\0';
    return true;
}

bool certificate_read(X509 *certificate, struct ueid *ueid, uint32_t *epoch)
{
    char name[UEID_TEXT_SIZE_BYTES];
    return certificate_name(certificate, name, sizeof name) && ueid_from_text(span_of(name, strlen(name)), ueid) &&
           read_epoch(certificate, epoch);
}
