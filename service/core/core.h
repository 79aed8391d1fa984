/* sopris-core: the one process that holds records and keys. Everything that a front sends is untrusted; what counts is
 * a device's signature, an operator's certificate, a maker's or owner's signature, each verified here.
 *
 * The data path: fronts.c (frames in) -> batch.c (one transaction) -> checkin.c, claim.c, operator.c -> commit ->
 * signatures -> fronts.c (frames out). */
#ifndef SERVICE_CORE_CORE_H
#define SERVICE_CORE_CORE_H

#include <openssl/x509.h>

#include "formats/identity/keyset.h"
#include "service/config/config.h"
#include "service/core/image_removal.h"
#include "service/core/patches.h"
#include "service/core/revocations.h"
#include "service/core/signer.h"
#include "service/core/symbols.h"
#include "service/core/trust.h"
#include "service/core/verifier.h"
#include "service/decide/decide.h"
#include "service/ipc/ipc.h"
#include "service/store/store.h"

#define REFUSAL_COUNT_MAX 32

/* A request that nobody could be held responsible for: kept in memory only, so that strangers cannot fill a disk. */
struct refusal {
    uint64_t time_s;
    struct error error;
};

/* The newest set of a kind that the owner root signed. */
struct owner_keyset {
    uint32_t generation;
    uint8_t encoded[KEYSET_SIZE_BYTES_MAX];
    size_t size_bytes;
};

#define CONTROL_SIGNER_COUNT_MAX 8

struct core {
    struct config config;
    struct store *store;
    struct revocations revocations;
    struct decide_policy policy;
    struct alert_policy alert_policy;
    size_t control_signer_count;
    struct signer *control_signers[CONTROL_SIGNER_COUNT_MAX];
    const struct signer *control_signer; /* the one that answers are signed with */
    struct signer *ca_signer;
    X509 *ca_certificate;
    uint8_t ca_der[1024];
    size_t ca_der_size_bytes;
    uint8_t owner_der[1024];
    size_t owner_der_size_bytes;
    struct owner_keyset control_keyset;
    struct owner_keyset app_keyset;
    bool keysets_changed; /* in the present transaction */
    struct trust trust;
    bool trust_changed; /* makers were added in the present transaction */
    struct image_removal removal;
    struct verifier verifier;
    struct patches *patches;
    struct symbols *symbols;
    uint64_t start_s;
    struct refusal refusals[REFUSAL_COUNT_MAX];
    uint64_t refusal_count;
};

/* Loads keys, certificates and key sets, checks that they belong together, and opens the store. Fails the process with
 * a sentence if they do not. */
void core_load(struct core *core);
/* Opens the revocation journal and takes in what the database has not seen; the core serves only after that. Fails the
 * process with a sentence if another journal is there than the database's. */
void core_take_revocations(struct core *core);
void core_close(struct core *core);
/* Notes a refusal in the bounded log. */
void core_refused(struct core *core, struct error error);

#endif
