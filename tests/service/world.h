/* A maker, an owner and their files, made from one seed: what a service needs to start and a device to be believed.
 * For tests and measurements only: every private key follows from the seed. */
#ifndef TESTS_SERVICE_WORLD_H
#define TESTS_SERVICE_WORLD_H

#include <openssl/x509.h>
#include <stdbool.h>

#include "crypto/ecdsa_p256.h"
#include "formats/identity/identity.h"
#include "formats/token/evidence.h"

struct key_pair {
    struct ecdsa_p256_private_key private_key;
    struct ecdsa_p256_public_key public_key;
    EVP_PKEY *pkey;
    EVP_PKEY_CTX *signing, *verifying; /* kept, since making them costs more than using them; for one thread */
};

struct world {
    uint8_t seed[32];
    struct key_pair maker_root, maker_ca, maker_release;
    struct key_pair stranger_root, stranger_ca; /* a maker that the service does not know */
    struct key_pair owner_root, owner_control, owner_app, owner_ca;
    struct key_pair other_root; /* another owner */
    X509 *maker_root_certificate, *maker_ca_certificate;
    X509 *stranger_root_certificate, *stranger_ca_certificate;
    X509 *owner_root_certificate;
};

#define WORLD_BATCH "B1"
#define WORLD_OTHER_BATCH "B2"

/* Ends the program with what went wrong. */
__attribute__((noreturn, format(printf, 1, 2))) void die(const char *format, ...);
/* Derives everything from the seed. */
void world_init(struct world *world, const uint8_t seed[32]);
void world_wipe(struct world *world);
/* Makes the folder with all files of docs in tests/service/README.md, from a new seed. */
void world_make(const char *folder, int edge_workers);
/* Loads the seed of a folder made before. */
void world_load(struct world *world, const char *folder);

/* Writes FOLDER/KIND-GENERATION.keyset, signed by the owner root, with one key. */
void world_write_keyset(const struct world *world, const char *folder, const char *kind, uint32_t generation,
                        const struct ecdsa_p256_public_key *member);

/* The sequence number that every component has at first; a world has manifests of base and app for the one after it too. */
#define WORLD_SEQUENCE 3

/* The measurement of a component that the world has released. */
struct measurement world_measurement(const struct world *world, enum component component);
/* Of another release: the image is the name and the number ("base4"). */
struct measurement world_measurement_at(const struct world *world, enum component component, uint32_t sequence);

void key_derive(const struct world *world, const char *label, uint32_t index, struct key_pair *out);
void key_wipe(struct key_pair *key);
void key_sign(const struct key_pair *key, const struct sha256_digest *digest, struct ecdsa_p256_signature *out);
bool key_verify(const struct key_pair *key, const struct sha256_digest *digest,
                const struct ecdsa_p256_signature *signature);

struct certificate_wish {
    const char *common_name;
    const struct key_pair *subject;
    const struct key_pair *issuer;
    X509 *issuer_certificate; /* NULL: self-signed */
    bool is_ca;
    bool has_pathlen_zero;
    bool is_endless;
    const char *eku; /* NULL: none */
    const char *san; /* NULL: none */
};

X509 *certificate_make(const struct certificate_wish *wish);

#endif
