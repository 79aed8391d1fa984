/* The writing half of the operators' API. What is entered is verified here: signatures, roots, roles. */
#include <openssl/err.h>
#include <openssl/pem.h>
#include <string.h>

#include "crypto/sha256.h"
#include "formats/cose/cose.h"
#include "service/core/operator_json.h"
#include "service/core/operator_routes.h"
#include "service/core/release.h"
#include "service/process/process.h"

/* A PEM certificate in a JSON string; NULL if it is none. */
static X509 *certificate_from_pem(const char *pem)
{
    BIO *bio = BIO_new_mem_buf(pem, -1);
    X509 *certificate = bio == NULL ? NULL : PEM_read_bio_X509(bio, NULL, NULL, NULL);
    BIO_free(bio);
    ERR_clear_error();
    return certificate;
}

static size_t certificate_der(X509 *certificate, uint8_t *out, size_t capacity)
{
    int size = i2d_X509(certificate, NULL);
    if (size <= 0 || (size_t)size > capacity) {
        return 0;
    }
    return (size_t)i2d_X509(certificate, &out);
}

struct error route_post_release(struct core *core, struct span argument, json_t *body, struct route_result *result)
{
    (void)argument;
    const char *manifest_text = NULL;
    const char *keyset_text = NULL;
    uint8_t manifest_storage[MANIFEST_SIZE_BYTES_MAX + 3];
    uint8_t keyset_storage[KEYSET_SIZE_BYTES_MAX + 3];
    struct buffer manifest_bytes = BUFFER_OF(manifest_storage);
    struct buffer keyset_bytes = BUFFER_OF(keyset_storage);
    if (json_unpack(body, "{s:s, s:s !}", "manifest", &manifest_text, "keyset", &keyset_text) != 0 ||
        !base64_decode(manifest_text, &manifest_bytes) || !base64_decode(keyset_text, &keyset_bytes)) {
        route_problem(result, 400, ERROR(OPERATOR, REQUEST), "expected {\"manifest\": base64, \"keyset\": base64}");
        return ERROR_NONE;
    }
    struct release_record release;
    struct error verdict;
    struct image_file file;
    const struct slot_header header = {span_of_buffer(&keyset_bytes), span_of_buffer(&manifest_bytes)};
    verdict = image_file_of(&header, SPAN_EMPTY, &file);
    if (error_is_none(verdict)) {
        TRY(release_enter(core, &file, false, &release, &verdict));
    }
    if (!error_is_none(verdict)) {
        route_problem(result, 400, verdict, NULL);
        return ERROR_NONE;
    }
    result->status = 201;
    result->document = json_release(&release);
    return ERROR_NONE;
}

/* A voucher for this owner, signed by a maker that we trust or by the owner, who may hand a device to itself. */
static struct error check_voucher(struct core *core, struct span encoded, struct voucher *voucher)
{
    TRY(voucher_parse(encoded, voucher));
    struct sha256_digest signer = sha256_of(SPAN_OF(voucher->signer.bytes));
    bool is_owner = memcmp(signer.bytes, core->policy.owner_root_digest.bytes, sizeof signer.bytes) == 0;
    if (!is_owner && !trust_has_root(&core->trust, &voucher->signer)) {
        return ERROR(VOUCHER, SIGNER);
    }
    TRY(voucher_verify_signature(encoded));
    bool is_ours = memcmp(voucher->owner_root_digest.bytes, core->policy.owner_root_digest.bytes,
                          SHA256_DIGEST_SIZE_BYTES) == 0;
    return is_ours ? ERROR_NONE : ERROR(VOUCHER, OWNER);
}

struct error route_post_voucher(struct core *core, struct span argument, json_t *body, struct route_result *result)
{
    (void)argument;
    const char *text = NULL;
    uint8_t storage[VOUCHER_SIZE_BYTES_MAX + 3];
    struct buffer encoded = BUFFER_OF(storage);
    struct voucher_record record;
    if (json_unpack(body, "{s:s !}", "voucher", &text) != 0 || !base64_decode(text, &encoded) ||
        encoded.size > VOUCHER_SIZE_BYTES_MAX) {
        route_problem(result, 400, ERROR(OPERATOR, REQUEST), "expected {\"voucher\": base64}");
        return ERROR_NONE;
    }
    record.encoded = span_of_buffer(&encoded);
    struct error error = check_voucher(core, record.encoded, &record.voucher);
    if (!error_is_none(error)) {
        route_problem(result, 400, error, NULL);
        return ERROR_NONE;
    }
    error = store_voucher_add(core->store, &record);
    if (error_is(error, ERROR_CODE_STORE_CONFLICT)) {
        route_problem(result, 409, ERROR(VOUCHER, GENERATION), NULL);
        return ERROR_NONE;
    }
    TRY(error);
    result->status = 201;
    result->document = json_voucher(&record.voucher);
    return ERROR_NONE;
}

/* Both or neither. */
static bool read_identity(const char *vendor, const char *device_class, struct maker_record *maker)
{
    maker->has_identity = vendor != NULL && device_class != NULL;
    return maker->has_identity ? uuid_parse(vendor, &maker->vendor) && uuid_parse(device_class, &maker->device_class)
                               : vendor == NULL && device_class == NULL;
}

static struct error store_maker(struct core *core, X509 *root, X509 *ca, struct maker_record *maker,
                                struct route_result *result)
{
    uint8_t root_der[2048];
    uint8_t ca_der[2048];
    struct ecdsa_p256_public_key key;
    maker->root = span_of(root_der, certificate_der(root, root_der, sizeof root_der));
    maker->ca = span_of(ca_der, certificate_der(ca, ca_der, sizeof ca_der));
    if (maker->root.size == 0 || maker->ca.size == 0 || !error_is_none(public_key_of(X509_get0_pubkey(root), &key))) {
        route_problem(result, 400, ERROR(IDENTITY, CERTIFICATE), NULL);
        return ERROR_NONE;
    }
    if (core->trust.maker_count == TRUST_MAKER_COUNT_MAX) {
        route_problem(result, 409, ERROR(OPERATOR, REQUEST), "there are as many makers as the service can hold");
        return ERROR_NONE;
    }
    maker->root_digest = sha256_of(SPAN_OF(key.bytes));
    TRY(store_maker_add(core->store, maker));
    core->trust_changed = true;
    result->status = 201;
    result->document = json_object();
    json_put(result->document, "root_key_digest", json_hex(maker->root_digest.bytes, sizeof maker->root_digest.bytes));
    return ERROR_NONE;
}

struct error route_post_maker(struct core *core, struct span argument, json_t *body, struct route_result *result)
{
    (void)argument;
    const char *root_text = NULL;
    const char *ca_text = NULL;
    const char *vendor = NULL;
    const char *device_class = NULL;
    struct maker_record maker = {0};
    if (json_unpack(body, "{s:s, s:s, s?s, s?s !}", "root", &root_text, "ca", &ca_text, "vendor", &vendor, "class",
                    &device_class) != 0 ||
        !read_identity(vendor, device_class, &maker)) {
        route_problem(result, 400, ERROR(OPERATOR, REQUEST),
                      "expected {\"root\": PEM, \"ca\": PEM, and both or none of \"vendor\": UUID, \"class\": UUID}");
        return ERROR_NONE;
    }
    X509 *root = certificate_from_pem(root_text);
    X509 *ca = certificate_from_pem(ca_text);
    struct error error = root == NULL || ca == NULL ? ERROR(IDENTITY, CERTIFICATE) : trust_check_maker(root, ca);
    if (error_is_none(error)) {
        error = store_maker(core, root, ca, &maker, result);
    } else {
        route_problem(result, 400, error, NULL);
        error = ERROR_NONE;
    }
    X509_free(root);
    X509_free(ca);
    return error;
}

static bool is_name(const char *name)
{
    size_t size = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._@-");
    return size > 0 && size <= OPERATOR_NAME_SIZE_BYTES_MAX && name[size] == '\0';
}

struct error route_post_operator(struct core *core, struct span argument, json_t *body, struct route_result *result)
{
    (void)argument;
    const char *name = NULL;
    const char *role = NULL;
    const char *pem = NULL;
    if (json_unpack(body, "{s:s, s:s, s:s !}", "name", &name, "role", &role, "certificate", &pem) != 0 ||
        !is_name(name) || role_of(role) == 0) {
        route_problem(result, 400, ERROR(OPERATOR, REQUEST),
                      "expected {\"name\": letters, digits and ._@-, \"role\": viewer, operator, releaser or admin, "
                      "\"certificate\": PEM}");
        return ERROR_NONE;
    }
    uint8_t der[IPC_CERTIFICATE_SIZE_BYTES_MAX];
    X509 *certificate = certificate_from_pem(pem);
    size_t size_bytes = certificate == NULL ? 0 : certificate_der(certificate, der, sizeof der);
    X509_free(certificate);
    if (size_bytes == 0) {
        route_problem(result, 400, ERROR(IDENTITY, CERTIFICATE), NULL);
        return ERROR_NONE;
    }
    struct operator_record record = {.role = role_of(role), .certificate_digest = sha256_of(span_of(der, size_bytes)),
                                     .added_s = process_time_s()};
    memcpy(record.name, name, strlen(name) + 1);
    struct error error = store_operator_add(core->store, &record);
    if (error_is(error, ERROR_CODE_STORE_CONFLICT)) {
        route_problem(result, 409, ERROR(OPERATOR, REQUEST), "an operator of this name or certificate exists");
        return ERROR_NONE;
    }
    TRY(error);
    result->status = 201;
    result->document = json_operator(&record);
    return ERROR_NONE;
}
