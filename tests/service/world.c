#include "tests/service/world.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/params.h>
#include <openssl/param_build.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/sha256.h"

void die(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    exit(1);
}

static EVP_PKEY *pkey_of(const struct key_pair *key)
{
    uint8_t point[65] = {4};
    memcpy(point + 1, key->public_key.bytes, sizeof key->public_key.bytes);
    BIGNUM *scalar = BN_bin2bn(key->private_key.bytes, sizeof key->private_key.bytes, NULL);
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    OSSL_PARAM_BLD_push_utf8_string(builder, OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0);
    OSSL_PARAM_BLD_push_octet_string(builder, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof point);
    OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_PRIV_KEY, scalar);
    OSSL_PARAM *parameters = OSSL_PARAM_BLD_to_param(builder);
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    EVP_PKEY *pkey = NULL;
    if (EVP_PKEY_fromdata_init(context) != 1 ||
        EVP_PKEY_fromdata(context, &pkey, EVP_PKEY_KEYPAIR, parameters) != 1) {
        die("cannot make a key");
    }
    EVP_PKEY_CTX_free(context);
    OSSL_PARAM_free(parameters);
    OSSL_PARAM_BLD_free(builder);
    BN_free(scalar);
    return pkey;
}

void key_derive(const struct world *world, const char *label, uint32_t index, struct key_pair *out)
{
    uint8_t secret[36];
    memcpy(secret, world->seed, 32);
    memcpy(secret + 32, &index, 4);
    if (!error_is_none(ecdsa_p256_derive_private(SPAN_OF(secret), span_of(label, strlen(label)), &out->private_key)) ||
        !error_is_none(ecdsa_p256_public_of(&out->private_key, &out->public_key))) {
        die("cannot derive a key");
    }
    out->pkey = pkey_of(out);
    out->signing = EVP_PKEY_CTX_new(out->pkey, NULL);
    out->verifying = EVP_PKEY_CTX_new(out->pkey, NULL);
    if (out->signing == NULL || out->verifying == NULL || EVP_PKEY_sign_init(out->signing) != 1 ||
        EVP_PKEY_verify_init(out->verifying) != 1) {
        die("cannot use a key");
    }
}

void key_wipe(struct key_pair *key)
{
    EVP_PKEY_CTX_free(key->signing);
    EVP_PKEY_CTX_free(key->verifying);
    EVP_PKEY_free(key->pkey);
    *key = (struct key_pair){0};
}

void key_sign(const struct key_pair *key, const struct sha256_digest *digest, struct ecdsa_p256_signature *out)
{
    uint8_t der[80];
    size_t size_bytes = sizeof der;
    const unsigned char *at = der;
    ECDSA_SIG *signature = NULL;
    if (EVP_PKEY_sign(key->signing, der, &size_bytes, digest->bytes, sizeof digest->bytes) != 1 ||
        (signature = d2i_ECDSA_SIG(NULL, &at, (long)size_bytes)) == NULL ||
        BN_bn2binpad(ECDSA_SIG_get0_r(signature), out->bytes, 32) != 32 ||
        BN_bn2binpad(ECDSA_SIG_get0_s(signature), out->bytes + 32, 32) != 32) {
        die("cannot sign");
    }
    ECDSA_SIG_free(signature);
}

bool key_verify(const struct key_pair *key, const struct sha256_digest *digest,
                const struct ecdsa_p256_signature *signature)
{
    ECDSA_SIG *object = ECDSA_SIG_new();
    BIGNUM *r = BN_bin2bn(signature->bytes, 32, NULL);
    BIGNUM *s = BN_bin2bn(signature->bytes + 32, 32, NULL);
    unsigned char *der = NULL;
    if (object == NULL || r == NULL || s == NULL || ECDSA_SIG_set0(object, r, s) != 1) {
        die("out of memory");
    }
    int size = i2d_ECDSA_SIG(object, &der);
    bool ok = size > 0 && EVP_PKEY_verify(key->verifying, der, (size_t)size, digest->bytes, sizeof digest->bytes) == 1;
    ECDSA_SIG_free(object);
    OPENSSL_free(der);
    return ok;
}

static void add_extension(X509 *certificate, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    if (extension == NULL || X509_add_ext(certificate, extension, -1) != 1) {
        die("cannot add extension %s", value);
    }
    X509_EXTENSION_free(extension);
}

static void add_name(X509_NAME *name, int nid, const char *value)
{
    if (X509_NAME_add_entry_by_NID(name, nid, V_ASN1_UTF8STRING, (const unsigned char *)value, -1, -1, 0) != 1) {
        die("cannot set a name to %s", value);
    }
}

X509 *certificate_make(const struct certificate_wish *wish)
{
    X509 *certificate = X509_new();
    X509 *issuer = wish->issuer_certificate == NULL ? certificate : wish->issuer_certificate;
    uint64_t serial = 0;
    RAND_bytes((unsigned char *)&serial, sizeof serial);
    X509_set_version(certificate, X509_VERSION_3);
    ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), serial >> 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
    if (wish->is_endless) {
        ASN1_TIME_set_string(X509_getm_notAfter(certificate), "99991231235959Z");
    } else {
        X509_gmtime_adj(X509_getm_notAfter(certificate), 30L * 86400);
    }
    add_name(X509_get_subject_name(certificate), NID_commonName, wish->common_name);
    X509_set_issuer_name(certificate, X509_get_subject_name(issuer));
    X509_set_pubkey(certificate, wish->subject->pkey);
    const char *constraints = !wish->is_ca               ? "critical,CA:FALSE"
                              : wish->has_pathlen_zero ? "critical,CA:TRUE,pathlen:0"
                                                       : "critical,CA:TRUE";
    add_extension(certificate, issuer, NID_basic_constraints, constraints);
    add_extension(certificate, issuer, NID_key_usage, wish->is_ca ? "critical,keyCertSign,cRLSign"
                                                                  : "critical,digitalSignature");
    add_extension(certificate, issuer, NID_subject_key_identifier, "hash");
    if (wish->eku != NULL) {
        add_extension(certificate, issuer, NID_ext_key_usage, wish->eku);
    }
    if (wish->san != NULL) {
        add_extension(certificate, issuer, NID_subject_alt_name, wish->san);
    }
    if (X509_sign(certificate, wish->issuer->pkey, EVP_sha256()) <= 0) {
        die("cannot sign a certificate");
    }
    return certificate;
}

static X509 *make_root(const char *name, const struct key_pair *key)
{
    return certificate_make(&(struct certificate_wish){
        .common_name = name, .subject = key, .issuer = key, .is_ca = true, .is_endless = true});
}

static X509 *make_ca(const char *name, const struct key_pair *key, const struct key_pair *root, X509 *root_certificate)
{
    return certificate_make(&(struct certificate_wish){.common_name = name, .subject = key, .issuer = root,
                                                       .issuer_certificate = root_certificate, .is_ca = true,
                                                       .is_endless = true});
}

void world_init(struct world *world, const uint8_t seed[32])
{
    *world = (struct world){0};
    memcpy(world->seed, seed, 32);
    key_derive(world, "maker root", 0, &world->maker_root);
    key_derive(world, "maker ca", 0, &world->maker_ca);
    key_derive(world, "maker release", 0, &world->maker_release);
    key_derive(world, "stranger root", 0, &world->stranger_root);
    key_derive(world, "stranger ca", 0, &world->stranger_ca);
    key_derive(world, "owner root", 0, &world->owner_root);
    key_derive(world, "owner control", 0, &world->owner_control);
    key_derive(world, "owner app", 0, &world->owner_app);
    key_derive(world, "owner ca", 0, &world->owner_ca);
    key_derive(world, "other root", 0, &world->other_root);
    world->maker_root_certificate = make_root("test maker root", &world->maker_root);
    world->maker_ca_certificate =
        make_ca("test maker ca", &world->maker_ca, &world->maker_root, world->maker_root_certificate);
    /* The stranger calls himself what the maker does. */
    world->stranger_root_certificate = make_root("test maker root", &world->stranger_root);
    world->stranger_ca_certificate =
        make_ca("test maker ca", &world->stranger_ca, &world->stranger_root, world->stranger_root_certificate);
    world->owner_root_certificate = make_root("test owner root", &world->owner_root);
}

void world_wipe(struct world *world)
{
    struct key_pair *keys[] = {&world->maker_root,    &world->maker_ca,    &world->maker_release, &world->stranger_root,
                               &world->stranger_ca,   &world->owner_root,  &world->owner_control, &world->owner_app,
                               &world->owner_ca,      &world->other_root};
    for (size_t index = 0; index < sizeof keys / sizeof keys[0]; index++) {
        key_wipe(keys[index]);
    }
    X509_free(world->maker_root_certificate);
    X509_free(world->maker_ca_certificate);
    X509_free(world->stranger_root_certificate);
    X509_free(world->stranger_ca_certificate);
    X509_free(world->owner_root_certificate);
}

void world_load(struct world *world, const char *folder)
{
    char path[512];
    uint8_t seed[32];
    snprintf(path, sizeof path, "%s/world.seed", folder);
    FILE *file = fopen(path, "re");
    if (file == NULL || fread(seed, 1, sizeof seed, file) != sizeof seed) {
        die("cannot read %s; make it with 'fake_device world'", path);
    }
    fclose(file);
    world_init(world, seed);
}

struct measurement world_measurement(const struct world *world, enum component component)
{
    return world_measurement_at(world, component, WORLD_SEQUENCE);
}

struct measurement world_measurement_at(const struct world *world, enum component component, uint32_t sequence)
{
    char name[32];
    snprintf(name, sizeof name, sequence == WORLD_SEQUENCE ? "%s" : "%s%u", component_name(component), sequence);
    const struct key_pair *authority = component == COMPONENT_APP ? &world->owner_app : &world->maker_release;
    return (struct measurement){
        .component = component,
        .sequence = sequence,
        .digest = sha256_of(span_of(name, strlen(name))),
        .authority = sha256_of(SPAN_OF(authority->public_key.bytes)),
    };
}
