/* The files of a world: what `sopris` would make for a maker and an owner. */
#include <errno.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "crypto/sha256.h"
#include "formats/checkin/checkin.h"
#include "formats/cose/cose.h"
#include "formats/identity/keyset.h"
#include "formats/identity/voucher.h"
#include "formats/manifest/manifest.h"
#include "tests/service/world.h"

static FILE *create(const char *folder, const char *name)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "we");
    if (file == NULL) {
        die("cannot write %s: %s", path, strerror(errno));
    }
    return file;
}

static void write_bytes(const char *folder, const char *name, struct span bytes)
{
    FILE *file = create(folder, name);
    if (bytes.size == 0 || fwrite(bytes.data, 1, bytes.size, file) != bytes.size || fclose(file) != 0) {
        die("cannot write %s/%s", folder, name);
    }
}

static void write_key(const char *folder, const char *name, const struct key_pair *key)
{
    FILE *file = create(folder, name);
    PEM_write_PrivateKey(file, key->pkey, NULL, NULL, 0, NULL, NULL);
    fclose(file);
}

/* Writes a chain of one or two certificates and frees nothing. */
static void write_certificates(const char *folder, const char *name, X509 *first, X509 *second)
{
    FILE *file = create(folder, name);
    PEM_write_X509(file, first);
    if (second != NULL) {
        PEM_write_X509(file, second);
    }
    fclose(file);
}

static void check(struct error error, const char *what)
{
    if (!error_is_none(error)) {
        die("%s: %s", what, error_name(error));
    }
}

static void write_signed(const char *folder, const char *name, const char *content_type, const struct key_pair *signer,
                         struct span payload)
{
    uint8_t storage[1024];
    struct writer writer;
    writer_init(&writer, storage, sizeof storage);
    check(cose_sign1_create(content_type, &signer->private_key, &signer->public_key, payload, SPAN_EMPTY, &writer),
          name);
    write_bytes(folder, name, writer_span(&writer));
}

static void write_keyset_of(const char *folder, const char *name, enum keyset_kind kind, const struct key_pair *root,
                            uint32_t generation, const struct ecdsa_p256_public_key *member)
{
    uint8_t storage[KEYSET_SIZE_BYTES_MAX];
    struct writer writer;
    struct keyset keyset = {.kind = kind, .generation = generation, .key_count = 1, .keys = {*member}};
    writer_init(&writer, storage, sizeof storage);
    check(keyset_encode_payload(&keyset, &writer), name);
    write_signed(folder, name, COSE_CONTENT_TYPE_KEYSET, root, writer_span(&writer));
}

static void write_keyset(const char *folder, const char *name, enum keyset_kind kind, const struct key_pair *root,
                         const struct key_pair *member)
{
    write_keyset_of(folder, name, kind, root, 1, &member->public_key);
}

void world_write_keyset(const struct world *world, const char *folder, const char *kind, uint32_t generation,
                        const struct ecdsa_p256_public_key *member)
{
    char name[64];
    snprintf(name, sizeof name, "%s-%u.keyset", kind, (unsigned int)generation);
    write_keyset_of(folder, name, strcmp(kind, "control") == 0 ? KEYSET_CONTROL : KEYSET_APP, &world->owner_root,
                    generation, member);
}

static void write_voucher(const char *folder, const char *name, const struct key_pair *signer,
                          const struct key_pair *owner, const char *batch)
{
    uint8_t storage[VOUCHER_SIZE_BYTES_MAX];
    struct writer writer;
    struct voucher voucher = {.generation = 1, .owner_root_digest = sha256_of(SPAN_OF(owner->public_key.bytes)),
                              .host = "127.0.0.1", .port = 8443, .is_batch = true};
    snprintf(voucher.batch, sizeof voucher.batch, "%s", batch);
    writer_init(&writer, storage, sizeof storage);
    check(voucher_encode_payload(&voucher, &writer), name);
    write_signed(folder, name, COSE_CONTENT_TYPE_VOUCHER, signer, writer_span(&writer));
}

static void write_manifest(const char *folder, const struct world *world, enum component component, uint32_t sequence)
{
    uint8_t storage[MANIFEST_SIZE_BYTES_MAX];
    char name[32];
    struct writer writer;
    struct sha256_digest digest;
    struct ecdsa_p256_signature signature;
    struct measurement measurement = world_measurement_at(world, component, sequence);
    const struct key_pair *signer = component == COMPONENT_APP ? &world->owner_app : &world->maker_release;
    struct manifest manifest = {.component = component, .sequence = measurement.sequence,
                                .image_digest = measurement.digest,
                                .image_size_bytes = (uint32_t)strlen(component_name(component)) + (sequence != WORLD_SEQUENCE),
                                .version = "1.0.3", .signer = signer->public_key};
    snprintf(name, sizeof name, sequence == WORLD_SEQUENCE ? "%s.suit" : "%s%u.suit", component_name(component),
             (unsigned int)sequence);
    writer_init(&writer, storage, sizeof storage);
    check(manifest_prepare(&manifest, &digest), name);
    check(ecdsa_p256_sign(&signer->private_key, &digest, SPAN_EMPTY, &signature), name);
    check(manifest_encode(&manifest, &signature, &writer), name);
    write_bytes(folder, name, writer_span(&writer));
}

static void write_tls(const char *folder, const char *name, const struct world *world, X509 *ca)
{
    char file[32];
    struct key_pair key;
    key_derive(world, name, 0, &key);
    X509 *certificate = certificate_make(&(struct certificate_wish){
        .common_name = SERVICE_TLS_NAME, .subject = &key, .issuer = &world->owner_ca, .issuer_certificate = ca,
        .eku = "serverAuth", .san = "DNS:" SERVICE_TLS_NAME ",DNS:" IMAGES_TLS_NAME ",IP:127.0.0.1"});
    snprintf(file, sizeof file, "%s.key", name);
    write_key(folder, file, &key);
    snprintf(file, sizeof file, "%s.crt", name);
    write_certificates(folder, file, certificate, ca);
    X509_free(certificate);
    key_wipe(&key);
}

static void write_operators(const char *folder, const struct world *world)
{
    static const char *const names[] = {"admin", "viewer", "releaser", "stranger"};
    struct key_pair ca_key;
    key_derive(world, "operator ca", 0, &ca_key);
    X509 *ca = certificate_make(&(struct certificate_wish){
        .common_name = "test operator ca", .subject = &ca_key, .issuer = &ca_key, .is_ca = true});
    write_certificates(folder, "operator-ca.crt", ca, NULL);
    for (size_t index = 0; index < sizeof names / sizeof names[0]; index++) {
        char file[32];
        struct key_pair key;
        key_derive(world, names[index], 1, &key);
        X509 *certificate =
            certificate_make(&(struct certificate_wish){.common_name = names[index], .subject = &key, .issuer = &ca_key,
                                                        .issuer_certificate = ca, .eku = "clientAuth"});
        snprintf(file, sizeof file, "%s.key", names[index]);
        write_key(folder, file, &key);
        snprintf(file, sizeof file, "%s.crt", names[index]);
        write_certificates(folder, file, certificate, NULL);
        X509_free(certificate);
        key_wipe(&key);
    }
    X509_free(ca);
    key_wipe(&ca_key);
}

static void write_config(const char *folder, int edge_workers)
{
    FILE *file = create(folder, "soprisd.json");
    fprintf(file,
            "{\"run_dir\": \"run\", \"database\": \"store.db\",\n"
            " \"edge\": {\"address\": \"127.0.0.1\", \"port\": 0, \"certificate\": \"edge.crt\", \"key\": \"edge.key\","
            " \"workers\": %d, \"connections\": 8000, \"rate\": 100000},\n"
            " \"door\": {\"address\": \"127.0.0.1\", \"port\": 0, \"certificate\": \"door.crt\", \"key\": \"door.key\","
            " \"operator_ca\": \"operator-ca.crt\", \"rate\": 10000},\n"
            " \"core\": {\"control_key\": \"control.key\", \"control_keyset\": \"control.keyset\","
            " \"app_keyset\": \"app.keyset\", \"owner_certificate\": \"owner.crt\", \"ca_certificate\": \"ca.crt\","
            " \"ca_key\": \"ca.key\"}}\n",
            edge_workers);
    fclose(file);
}

void world_make(const char *folder, int edge_workers)
{
    uint8_t seed[32];
    struct world world;
    if ((mkdir(folder, 0700) != 0 && errno != EEXIST) || RAND_bytes(seed, sizeof seed) != 1) {
        die("cannot make %s: %s", folder, strerror(errno));
    }
    write_bytes(folder, "world.seed", SPAN_OF(seed));
    world_init(&world, seed);
    X509 *ca = certificate_make(&(struct certificate_wish){
        .common_name = "test service ca", .subject = &world.owner_ca, .issuer = &world.owner_root,
        .issuer_certificate = world.owner_root_certificate, .is_ca = true, .has_pathlen_zero = true,
        .is_endless = true});
    write_certificates(folder, "maker-root.crt", world.maker_root_certificate, NULL);
    write_certificates(folder, "maker-ca.crt", world.maker_ca_certificate, NULL);
    write_certificates(folder, "stranger-ca.crt", world.stranger_ca_certificate, NULL);
    write_certificates(folder, "owner.crt", world.owner_root_certificate, NULL);
    write_certificates(folder, "ca.crt", ca, NULL);
    write_key(folder, "ca.key", &world.owner_ca);
    write_key(folder, "control.key", &world.owner_control);
    write_keyset(folder, "release.keyset", KEYSET_RELEASE, &world.maker_root, &world.maker_release);
    write_keyset(folder, "stranger.keyset", KEYSET_RELEASE, &world.stranger_root, &world.maker_release);
    write_keyset(folder, "control.keyset", KEYSET_CONTROL, &world.owner_root, &world.owner_control);
    write_keyset(folder, "app.keyset", KEYSET_APP, &world.owner_root, &world.owner_app);
    write_voucher(folder, "batch.voucher", &world.maker_root, &world.owner_root, WORLD_BATCH);
    write_voucher(folder, "foreign.voucher", &world.maker_root, &world.other_root, WORLD_OTHER_BATCH);
    write_voucher(folder, "stranger.voucher", &world.stranger_root, &world.owner_root, WORLD_OTHER_BATCH);
    write_manifest(folder, &world, COMPONENT_MONITOR, WORLD_SEQUENCE);
    write_manifest(folder, &world, COMPONENT_BASE, WORLD_SEQUENCE);
    write_manifest(folder, &world, COMPONENT_BASE, WORLD_SEQUENCE + 1);
    write_manifest(folder, &world, COMPONENT_APP, WORLD_SEQUENCE);
    write_manifest(folder, &world, COMPONENT_APP, WORLD_SEQUENCE + 1);
    write_tls(folder, "edge", &world, ca);
    write_tls(folder, "door", &world, ca);
    write_operators(folder, &world);
    write_config(folder, edge_workers);
    X509_free(ca);
    world_wipe(&world);
}
