/* Key sets that this service knows, the newest of each kind and root, and its own control keys.
 *
 * The private control keys are made here and never leave: the owner, whose root is offline, signs a set that names the
 * public key. Devices of a lower generation are sent the new set with an answer that a key of it signs.
 * source  DESIGN 3; docs/protocol/keyset.md; docs/decisions/0027-control-keys.md */
#ifndef SERVICE_CORE_KEYSETS_H
#define SERVICE_CORE_KEYSETS_H

#include "service/core/core.h"

/* Opens the control keys: the configured file, and those made since, which lie beside it. Fails the process. */
void keysets_open(struct core *core);
void keysets_close(struct core *core);
/* Takes the newest control and app set, from the configured files or the store; inside a transaction. Fails the process if
 * no control key is in the set. */
void keysets_load(struct core *core);
/* Judges a set and keeps it if it is good and new.
 * keyset   what it says; written if verdict is none
 * verdict  COSE_*, KEYSET_*; KEYSET_GENERATION if it is not newer; OPERATOR_REQUEST: a control set without a key of ours
 * errors   STORE_* */
MUST_USE struct error keysets_add(struct core *core, struct span encoded, struct keyset *keyset, struct error *verdict);
/* The lowest generation that images under this root may be published with.  errors  STORE_* */
MUST_USE struct error keysets_generation_min(struct core *core, enum keyset_kind kind, const struct sha256_digest *root,
                                             uint32_t *out);
/* Whether a newer key set than the image's is known, so that devices which have it refuse the image.  errors  STORE_* */
MUST_USE struct error keysets_outdate(struct core *core, const struct image_record *image, bool *out);
/* Keeps the set of an image that was found good, if it is newer than what is known.  errors  STORE_* */
MUST_USE struct error keysets_learn(struct core *core, const struct keyset *keyset, const struct sha256_digest *root,
                                    struct span encoded);
/* Makes a control key that no set names yet.  errors  CRYPTO_INTERNAL, STORE_IO, STORE_CONFLICT: there are too many */
MUST_USE struct error keysets_make_control_key(struct core *core, struct ecdsa_p256_public_key *out);
/* Adds what a device of these generations lacks. */
void keysets_put(const struct core *core, const struct checkin_generations *generations, struct checkin_rest *rest);

#endif
