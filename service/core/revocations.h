/* The core's side of the revocation journal (docs/protocol/revocation.md): what is taken from a device is written and
 * synced there before the transaction that decides it commits, so that no backup of the database can bring it back.
 * source  DESIGN 6, storage; T-30 */
#ifndef SERVICE_CORE_REVOCATIONS_H
#define SERVICE_CORE_REVOCATIONS_H

#include "formats/revocation/revocation.h"
#include "service/store/store.h"

/* More than one batch can revoke. */
#define REVOCATIONS_PENDING_COUNT_MAX 1024

struct revocations {
    int fd;
    struct revocation_chain chain; /* of what is in the file */
    struct revocation pending[REVOCATIONS_PENDING_COUNT_MAX];
    size_t pending_count;
};

/* Opens or makes the journal, cuts off a torn last entry, and takes entries that the database has not seen into it.
 * taken_count  how many those were
 * errors  REVOCATION_*: another file than the one that belongs to the database, or an altered one; STORE_* */
MUST_USE struct error revocations_open(struct revocations *revocations, const char *path, struct store *store,
                                       uint64_t *taken_count);
void revocations_close(struct revocations *revocations);

/* Inside a transaction: changes what the store says of the device, and has it journaled by revocations_sync. Saying
 * what is said already writes nothing.  errors  STORE_* (STORE_CONFLICT: too many in one transaction) */
MUST_USE struct error revocations_raise_epoch(struct revocations *revocations, struct store *store,
                                              const struct ueid *ueid, uint32_t epoch, uint32_t reason, uint64_t time_s);
MUST_USE struct error revocations_quarantine(struct revocations *revocations, struct store *store,
                                             const struct ueid *ueid, bool is_quarantined, uint64_t time_s);
/* Goes back to fewer pending entries, when what decided the later ones is undone. */
void revocations_forget(struct revocations *revocations, size_t pending_count);
/* Before the commit: writes and syncs what is pending and notes in the store how far the journal goes.
 * errors  REVOCATION_IO, STORE_* */
MUST_USE struct error revocations_sync(struct revocations *revocations, struct store *store);

#endif
