#include "service/core/trust.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "crypto/sha256.h"
#include "formats/identity/attestation_certificate.h"
#include "service/core/signer.h"

X509 *certificate_read(struct span der)
{
    const unsigned char *at = der.data;
    X509 *certificate = der.size == 0 ? NULL : d2i_X509(NULL, &at, (long)der.size);
    if (certificate != NULL && at != der.data + der.size) {
        X509_free(certificate);
        certificate = NULL;
    }
    ERR_clear_error();
    return certificate;
}

/* A version 3 CA certificate with a key usage that allows signing certificates, and nothing critical that is unknown
 * to OpenSSL. Dates are not looked at: a device has none to check, and a DeviceID certificate never ends. */
static bool is_ca(X509 *certificate)
{
    uint32_t flags = X509_get_extension_flags(certificate);
    return (flags & EXFLAG_CA) != 0 && (flags & (EXFLAG_INVALID | EXFLAG_CRITICAL)) == 0 &&
           (flags & EXFLAG_KUSAGE) != 0 && (X509_get_key_usage(certificate) & KU_KEY_CERT_SIGN) != 0;
}

static bool is_issued_by(X509 *certificate, X509 *issuer)
{
    bool ok = X509_NAME_cmp(X509_get_issuer_name(certificate), X509_get_subject_name(issuer)) == 0 &&
              X509_verify(certificate, X509_get0_pubkey(issuer)) == 1;
    ERR_clear_error();
    return ok;
}

struct error trust_check_maker(X509 *root, X509 *ca)
{
    struct ecdsa_p256_public_key key;
    if (!error_is_none(public_key_of(X509_get0_pubkey(root), &key)) ||
        !error_is_none(public_key_of(X509_get0_pubkey(ca), &key)) || !is_ca(root) || !is_ca(ca)) {
        return ERROR(IDENTITY, CERTIFICATE);
    }
    return is_issued_by(root, root) && is_issued_by(ca, root) ? ERROR_NONE : ERROR(IDENTITY, CHAIN);
}

void trust_wipe(struct trust *trust)
{
    for (size_t index = 0; index < trust->maker_count; index++) {
        X509_free(trust->makers[index].root);
        X509_free(trust->makers[index].ca);
    }
    trust->maker_count = 0;
}

static void take_maker(void *context, const struct maker_record *record)
{
    struct trust *trust = context;
    if (trust->maker_count == TRUST_MAKER_COUNT_MAX) {
        return;
    }
    struct trusted_maker maker = {.root_digest = record->root_digest, .root = certificate_read(record->root),
                                  .ca = certificate_read(record->ca), .has_identity = record->has_identity,
                                  .vendor = record->vendor, .device_class = record->device_class};
    if (maker.root == NULL || maker.ca == NULL) {
        X509_free(maker.root);
        X509_free(maker.ca);
        return;
    }
    trust->makers[trust->maker_count++] = maker;
}

struct error trust_load(struct trust *trust, struct store *store)
{
    trust_wipe(trust);
    return store_maker_list(store, take_maker, trust);
}

bool trust_has_root(const struct trust *trust, const struct ecdsa_p256_public_key *root_key)
{
    struct sha256_digest digest = sha256_of(SPAN_OF(root_key->bytes));
    for (size_t index = 0; index < trust->maker_count; index++) {
        if (memcmp(trust->makers[index].root_digest.bytes, digest.bytes, sizeof digest.bytes) == 0) {
            return true;
        }
    }
    return false;
}

/* The one value of an attribute of the subject; empty if there is none or more than one. */
static struct span subject_value(X509 *certificate, int nid)
{
    const X509_NAME *subject = X509_get_subject_name(certificate);
    int position = X509_NAME_get_index_by_NID(subject, nid, -1);
    if (position < 0 || X509_NAME_get_index_by_NID(subject, nid, position) >= 0) {
        return SPAN_EMPTY;
    }
    const ASN1_STRING *value = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, position));
    return span_of(ASN1_STRING_get0_data(value), (size_t)ASN1_STRING_length(value));
}

/* The part of the URI behind the prefix, if it may be a batch: printable ASCII, because it appears in logs and tables. */
static bool batch_of_uri(struct span uri, char out[BATCH_SIZE_BYTES_MAX + 1])
{
    const size_t prefix_size = sizeof IDENTITY_BATCH_URI_PREFIX - 1;
    if (uri.size <= prefix_size || uri.size - prefix_size > BATCH_SIZE_BYTES_MAX ||
        memcmp(uri.data, IDENTITY_BATCH_URI_PREFIX, prefix_size) != 0) {
        return false;
    }
    for (size_t index = prefix_size; index < uri.size; index++) {
        if (uri.data[index] < 0x21 || uri.data[index] > 0x7E) {
            return false;
        }
        out[index - prefix_size] = (char)uri.data[index];
    }
    out[uri.size - prefix_size] = '\0';
    return true;
}

/* From the one subjectAltName of a DeviceID certificate. */
static bool take_batch(X509 *certificate, char out[BATCH_SIZE_BYTES_MAX + 1])
{
    GENERAL_NAMES *names = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
    bool ok = false;
    if (names != NULL && sk_GENERAL_NAME_num(names) == 1) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, 0);
        if (name->type == GEN_URI) {
            const ASN1_IA5STRING *uri = name->d.uniformResourceIdentifier;
            ok = batch_of_uri(span_of(ASN1_STRING_get0_data(uri), (size_t)ASN1_STRING_length(uri)), out);
        }
    }
    GENERAL_NAMES_free(names);
    return ok;
}

static bool names_ueid(X509 *certificate, const struct ueid *ueid)
{
    char hex[UEID_TEXT_SIZE_BYTES];
    ueid_to_text(ueid, hex);
    return span_equal(subject_value(certificate, NID_commonName), span_of(hex, sizeof hex - 1));
}

/* From the DeviceID certificate upwards: a CA that we know, or one that the device brings and a known root signed. */
static struct error check_maker_of(const struct trust *trust, X509 *device_id, struct span offered_ca)
{
    for (size_t index = 0; index < trust->maker_count; index++) {
        if (is_issued_by(device_id, trust->makers[index].ca)) {
            return ERROR_NONE;
        }
    }
    X509 *ca = certificate_read(offered_ca);
    bool ok = false;
    for (size_t index = 0; ca != NULL && !ok && index < trust->maker_count; index++) {
        ok = is_ca(ca) && is_issued_by(ca, trust->makers[index].root) && is_issued_by(device_id, ca);
    }
    X509_free(ca);
    return ok ? ERROR_NONE : ERROR(IDENTITY, CHAIN);
}

static struct error read_device_id(X509 *device_id, struct ecdsa_p256_public_key *key, struct device_identity *identity)
{
    if (device_id == NULL || !error_is_none(public_key_of(X509_get0_pubkey(device_id), key)) || !is_ca(device_id) ||
        X509_get_pathlen(device_id) != 0) {
        return ERROR(IDENTITY, CERTIFICATE);
    }
    ueid_of(key, &identity->ueid);
    if (!names_ueid(device_id, &identity->ueid) || !take_batch(device_id, identity->batch)) {
        return ERROR(IDENTITY, CERTIFICATE);
    }
    return ERROR_NONE;
}

struct error trust_read_chain(const struct trust *trust, const struct checkin_request *request,
                              struct device_identity *identity, struct error *chain)
{
    if (request->certificate_count < 2) {
        return ERROR(IDENTITY, CERTIFICATE);
    }
    struct attestation_certificate attestation;
    struct sha256_digest signed_digest;
    struct ecdsa_p256_signature signature;
    TRY(attestation_certificate_parse(request->certificates[0], &attestation, &signed_digest, &signature));
    struct device_identity read = {
        .attestation_key = attestation.public_key,
        .monitor_digest = attestation.monitor_digest,
        .monitor_sequence = attestation.monitor_sequence,
        .epoch = attestation.epoch,
        .debug = attestation.debug,
    };
    struct ecdsa_p256_public_key key;
    X509 *device_id = certificate_read(request->certificates[1]);
    struct error error = read_device_id(device_id, &key, &read);
    if (error_is_none(error)) {
        struct span offered_ca = request->certificate_count > 2 ? request->certificates[2] : SPAN_EMPTY;
        bool is_signed = error_is_none(ecdsa_p256_verify(&key, &signed_digest, &signature)) &&
                         memcmp(attestation.ueid.bytes, read.ueid.bytes, UEID_SIZE_BYTES) == 0;
        *chain = is_signed ? check_maker_of(trust, device_id, offered_ca) : ERROR(IDENTITY, CHAIN);
        *identity = read;
    }
    X509_free(device_id);
    return error;
}
