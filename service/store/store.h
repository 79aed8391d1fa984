/* What the core keeps. One header, one conformance suite (store_conformance.c), one backend chosen at link time.
 *
 * Every call outside store_open happens inside store_begin ... store_commit. A device record carries a version:
 * store_device_save succeeds only if nobody saved it since it was loaded, otherwise STORE_CONFLICT and the caller
 * decides again. Spans in records given to a visitor are borrowed for that call only.
 * errors of all calls  STORE_IO (the backend's own words are in store_message), STORE_CONFLICT, STORE_NOT_FOUND
 * source  DESIGN 6, storage; docs/decisions/0012-store.md */
#ifndef SERVICE_STORE_STORE_H
#define SERVICE_STORE_STORE_H

#include "base/error.h"
#include "formats/identity/keyset.h"
#include "formats/identity/voucher.h"
#include "formats/revocation/revocation.h"
#include "service/record/failure.h"
#include "service/record/alert.h"
#include "service/record/record.h"
#include "service/record/refresh.h"

struct store;

/* A voucher or a manifest, as signed. */
struct voucher_record {
    struct voucher voucher;
    struct span encoded;
};

struct maker_record {
    struct sha256_digest root_digest; /* of the root's raw public key */
    struct span root;                 /* DER */
    struct span ca;                   /* DER */
    bool has_identity;                /* vendor and class of the devices that he makes are known */
    struct uuid vendor;
    struct uuid device_class;
};

/* Values are stored. Each may do what those before it may. */
enum operator_role {
    ROLE_VIEWER = 1,
    ROLE_OPERATOR = 2,
    ROLE_RELEASER = 3,
    ROLE_ADMIN = 4,
};

#define OPERATOR_NAME_SIZE_BYTES_MAX 64

struct operator_record {
    char name[OPERATOR_NAME_SIZE_BYTES_MAX + 1];
    enum operator_role role;
    struct sha256_digest certificate_digest; /* of the whole certificate, DER */
    uint64_t added_s;
};

/* An image file that devices can fetch. */
struct image_record {
    struct sha256_digest file_digest; /* of the whole file: its name */
    uint32_t file_size_bytes;
    enum component component;
    uint32_t sequence;
    struct sha256_digest digest;    /* of the image in it: what a device that runs it reports */
    struct sha256_digest authority; /* as in release_record */
    uint64_t added_s;
    struct sha256_digest keyset_root; /* who signed the key set in the file */
    uint32_t keyset_generation;       /* 0: it was published before this was kept */
};

/* What an image file is still good for. */
struct image_needs {
    uint64_t rollout_count; /* open or finished, with this very file */
    uint64_t device_count;  /* that run the image in it */
};

struct rollout_counts {
    uint64_t offered;       /* targets, whatever became of them */
    uint64_t offered_since; /* those first offered after a given time */
    uint64_t running;
    uint64_t failed;
};

/* What the devices say that neither run a rollout's release nor failed with it. */
struct rollout_reports {
    uint64_t counts[UPDATE_STATE_MAX + 1];
    uint64_t size_done_bytes;
};

#define COUNTER_NAME_SIZE_BYTES_MAX 48

struct counter_record {
    char name[COUNTER_NAME_SIZE_BYTES_MAX + 1];
    uint64_t value;
};

/* Opens or creates. location is the backend's own: a file name for SQLite.  errors  STORE_IO, STORE_VERSION */
MUST_USE struct error store_open(const char *location, struct store **out);
void store_close(struct store *store);
/* The backend's last message, for the log. */
const char *store_message(const struct store *store);

/* A transaction for writing; waits a few seconds for another writer. Durable when store_commit returns without error. */
MUST_USE struct error store_begin(struct store *store);
MUST_USE struct error store_commit(struct store *store);
void store_rollback(struct store *store);
/* One savepoint at a time: what came after store_savepoint is kept or undone alone. */
MUST_USE struct error store_savepoint(struct store *store);
MUST_USE struct error store_savepoint_release(struct store *store);
MUST_USE struct error store_savepoint_undo(struct store *store);

MUST_USE struct error store_device_load(struct store *store, const struct ueid *ueid, struct device_record *out);
/* Inserts a record with version 0, else replaces exactly that version; sets the new version on success. */
MUST_USE struct error store_device_save(struct store *store, struct device_record *record);
/* Devices with a UEID above after (NULL: from the first), in order, at most count_max. */
MUST_USE struct error store_device_list(struct store *store, const struct ueid *after, size_t count_max,
                                        void (*visit)(void *context, const struct device_record *record),
                                        void *context);
MUST_USE struct error store_device_count(struct store *store, uint64_t *out);

/* Numbers and stores a decision, and drops what is beyond DECISION_COUNT_MAX. */
MUST_USE struct error store_decision_add(struct store *store, const struct decision_record *decision);
/* Newest first. */
MUST_USE struct error store_decision_list(struct store *store, const struct ueid *ueid, size_t count_max,
                                          void (*visit)(void *context, const struct decision_record *decision),
                                          void *context);

/* STORE_CONFLICT unless the generation is higher than that of the stored voucher for the same subject. */
MUST_USE struct error store_voucher_add(struct store *store, const struct voucher_record *voucher);
/* The voucher for this UEID, else the one for this batch (empty: no batch). encoded receives up to
 * VOUCHER_SIZE_BYTES_MAX bytes and may be NULL. */
MUST_USE struct error store_voucher_find(struct store *store, const struct ueid *ueid, struct span batch,
                                         struct voucher *out, struct buffer *encoded);
/* The newest batch voucher of all, for devices that ask before they have proved their batch. */
MUST_USE struct error store_voucher_find_any_batch(struct store *store, struct buffer *encoded);
MUST_USE struct error store_voucher_list(struct store *store,
                                         void (*visit)(void *context, const struct voucher_record *voucher),
                                         void *context);

/* Adding what is there already sets vendor and class, if they are given, and changes nothing else. */
MUST_USE struct error store_maker_add(struct store *store, const struct maker_record *maker);
MUST_USE struct error store_maker_list(struct store *store,
                                       void (*visit)(void *context, const struct maker_record *maker), void *context);

MUST_USE struct error store_release_add(struct store *store, const struct release_record *release);
/* The release with exactly this component, sequence, digest and authority; out->manifest is empty. */
MUST_USE struct error store_release_find(struct store *store, const struct measurement *measurement,
                                         struct release_record *out);
MUST_USE struct error store_release_list(struct store *store,
                                         void (*visit)(void *context, const struct release_record *release),
                                         void *context);

/* Replaces the set of this kind and root. */
MUST_USE struct error store_keyset_put(struct store *store, enum keyset_kind kind, const struct sha256_digest *root,
                                       uint32_t generation, struct span encoded);
/* encoded receives up to KEYSET_SIZE_BYTES_MAX bytes. */
MUST_USE struct error store_keyset_find(struct store *store, enum keyset_kind kind, const struct sha256_digest *root,
                                        uint32_t *generation, struct buffer *encoded);
MUST_USE struct error store_keyset_list(struct store *store,
                                        void (*visit)(void *context, enum keyset_kind kind,
                                                      const struct sha256_digest *root, uint32_t generation),
                                        void *context);

/* Adding what is there already changes nothing. */
MUST_USE struct error store_image_add(struct store *store, const struct image_record *image);
/* The image of this component and sequence that was added last. */
MUST_USE struct error store_image_find(struct store *store, enum component component, uint32_t sequence,
                                       struct image_record *out);
MUST_USE struct error store_image_load(struct store *store, const struct sha256_digest *file_digest,
                                       struct image_record *out);
MUST_USE struct error store_image_needs(struct store *store, const struct image_record *image, struct image_needs *out);
MUST_USE struct error store_image_delete(struct store *store, const struct sha256_digest *file_digest);
MUST_USE struct error store_image_list(struct store *store,
                                       void (*visit)(void *context, const struct image_record *image), void *context);

/* Sets the number. STORE_CONFLICT if an open rollout of this component could reach one of its devices. */
MUST_USE struct error store_rollout_add(struct store *store, struct rollout_record *rollout);
MUST_USE struct error store_rollout_load(struct store *store, uint64_t number, struct rollout_record *out);
/* The open rollout of a component that reaches devices of this group (empty: in none). */
MUST_USE struct error store_rollout_find_open(struct store *store, enum component component, const char *group,
                                              struct rollout_record *out);
/* Of the finished ones that reach this group, the one with the highest sequence. */
MUST_USE struct error store_rollout_find_finished(struct store *store, enum component component, const char *group,
                                                  struct rollout_record *out);
/* Which components have rollouts at all, whomever they reach: bit 1 << component. */
struct rollout_reach {
    uint32_t open;
    uint32_t finished;
};
MUST_USE struct error store_rollout_reach(struct store *store, struct rollout_reach *out);
/* Replaces state, percent, ring_opened_s and failures_forgiven. STORE_NOT_FOUND also if it would open a closed one. */
MUST_USE struct error store_rollout_save(struct store *store, const struct rollout_record *rollout);
/* Newest first. */
MUST_USE struct error store_rollout_list(struct store *store, size_t count_max,
                                         void (*visit)(void *context, const struct rollout_record *rollout),
                                         void *context);
MUST_USE struct error store_target_load(struct store *store, uint64_t rollout, const struct ueid *ueid,
                                        struct rollout_target *out);
/* Failed ones first, then those under way, then those that run it; each by UEID. */
MUST_USE struct error store_target_list(struct store *store, uint64_t rollout, size_t count_max,
                                        void (*visit)(void *context, const struct rollout_target *target),
                                        void *context);
/* Inserts or replaces. */
MUST_USE struct error store_target_save(struct store *store, const struct rollout_target *target);
MUST_USE struct error store_target_count(struct store *store, uint64_t rollout, uint64_t since_s,
                                         struct rollout_counts *out);
/* Forgets that devices failed; ueid NULL: all of the rollout. */
MUST_USE struct error store_target_forget_failed(struct store *store, uint64_t rollout, const struct ueid *ueid,
                                                 uint64_t *count);
MUST_USE struct error store_target_reports(struct store *store, const struct rollout_record *rollout,
                                           struct rollout_reports *out);

/* Replaces the report about the component; since_s stays while it says the same. */
MUST_USE struct error store_report_save(struct store *store, const struct report_record *report);
MUST_USE struct error store_report_load(struct store *store, const struct ueid *ueid, enum component component,
                                        struct report_record *out);

/* A device is in one group at most. name empty: out of it. */
MUST_USE struct error store_group_set(struct store *store, const struct ueid *ueid, const char *name);
/* Empty if it is in none. */
MUST_USE struct error store_group_of(struct store *store, const struct ueid *ueid,
                                     char out[GROUP_NAME_SIZE_BYTES_MAX + 1]);
/* By name; devices counts also those that never checked in. */
MUST_USE struct error store_group_list(struct store *store,
                                       void (*visit)(void *context, const char *name, uint64_t device_count),
                                       void *context);

/* STORE_CONFLICT if the name or the certificate is taken. */
MUST_USE struct error store_operator_add(struct store *store, const struct operator_record *record);
MUST_USE struct error store_operator_find(struct store *store, const struct sha256_digest *certificate_digest,
                                          struct operator_record *out);
MUST_USE struct error store_operator_list(struct store *store,
                                          void (*visit)(void *context, const struct operator_record *record),
                                          void *context);

/* Whether this operator's nonce was used before. */
MUST_USE struct error store_command_is_used(struct store *store, const struct sha256_digest *certificate_digest,
                                            struct span nonce, bool *out);
/* Keeps a nonce at least until expires_s, and drops those that expired before now_s. */
MUST_USE struct error store_command_use(struct store *store, const struct sha256_digest *certificate_digest,
                                        struct span nonce, uint64_t now_s, uint64_t expires_s);

MUST_USE struct error store_counter_add(struct store *store, const char *name, uint64_t amount);
MUST_USE struct error store_counter_list(struct store *store,
                                         void (*visit)(void *context, const struct counter_record *counter),
                                         void *context);

/* All zero for a device that nothing was taken from. */
MUST_USE struct error store_revoked_load(struct store *store, const struct ueid *ueid, struct revoked_state *out);
MUST_USE struct error store_revoked_save(struct store *store, const struct ueid *ueid,
                                         const struct revoked_state *state);
/* Up to where the revocation journal has been taken into this database; all zero at first. */
MUST_USE struct error store_journal_load(struct store *store, struct revocation_chain *out);
MUST_USE struct error store_journal_save(struct store *store, const struct revocation_chain *chain);

/* Sets the number. */
MUST_USE struct error store_refresh_add(struct store *store, struct refresh_record *refresh);
/* Makes known devices waiting targets. Left out are those with a target that is not done.
 * ueid         this device; NULL: every one
 * group        of this group only; empty: of any or none
 * added_count  may be NULL */
MUST_USE struct error store_refresh_target_add(struct store *store, uint64_t refresh, const struct ueid *ueid,
                                               const char *group, uint64_t time_s, uint64_t *added_count);
MUST_USE struct error store_refresh_load(struct store *store, uint64_t number, struct refresh_record *out);
/* Replaces the state. */
MUST_USE struct error store_refresh_save(struct store *store, const struct refresh_record *refresh);
/* Newest first. */
MUST_USE struct error store_refresh_list(struct store *store, size_t count_max,
                                         void (*visit)(void *context, const struct refresh_record *refresh),
                                         void *context);
/* Running ones with waiting targets, oldest first. */
MUST_USE struct error store_refresh_list_waiting(struct store *store, size_t count_max,
                                                 void (*visit)(void *context, const struct refresh_record *refresh),
                                                 void *context);
/* Targets of one refresh at this stage (0: any) with a UEID above after (NULL: from the first), in order. */
MUST_USE struct error store_refresh_target_list(struct store *store, uint64_t refresh, enum refresh_stage stage,
                                                const struct ueid *after, size_t count_max,
                                                void (*visit)(void *context, const struct refresh_target *target),
                                                void *context);
/* The device's one target that is ordered and not done. */
MUST_USE struct error store_refresh_target_open(struct store *store, const struct ueid *ueid,
                                                struct refresh_target *out);
MUST_USE struct error store_refresh_target_save(struct store *store, const struct refresh_target *target);
MUST_USE struct error store_refresh_count(struct store *store, uint64_t refresh, struct refresh_counts *out);
/* How many orders of this refresh were given after a time. */
MUST_USE struct error store_refresh_count_since(struct store *store, uint64_t refresh, uint64_t since_s, uint64_t *out);
/* Ends the wait of targets that were not ordered yet. */
MUST_USE struct error store_refresh_drop_waiting(struct store *store, uint64_t refresh);

/* All zero for a device that never reported anything. */
MUST_USE struct error store_failure_log_load(struct store *store, const struct ueid *ueid,
                                             struct failure_log_state *out);
MUST_USE struct error store_failure_log_save(struct store *store, const struct ueid *ueid,
                                             const struct failure_log_state *state);
/* Adds count failures to the record's group and the device's part of it; whoever calls has made sure that the record is
 * new. has_room: false if the device is in FAILURE_DEVICE_GROUP_COUNT_MAX other groups; then nothing is stored. */
MUST_USE struct error store_failure_add(struct store *store, const struct ueid *ueid,
                                        const struct failure_record *record, uint64_t count, uint64_t time_s,
                                        bool *has_room);
/* Last heard of first. */
MUST_USE struct error store_failure_list(struct store *store, const struct failure_filter *filter, size_t count_max,
                                         void (*visit)(void *context, const struct failure_group *group),
                                         void *context);
MUST_USE struct error store_failure_load(struct store *store, uint64_t number, struct failure_group *out);
/* Devices in a group, last heard of first. */
MUST_USE struct error store_failure_device_list(struct store *store, uint64_t number, size_t count_max,
                                                void (*visit)(void *context, const struct failure_device *device),
                                                void *context);
/* What groups of devices have of a group of failures; the name of those in none is empty. */
MUST_USE struct error store_failure_group_list(struct store *store, uint64_t number,
                                               void (*visit)(void *context, const char *group, uint64_t count,
                                                             uint64_t device_count),
                                               void *context);
/* Programs with symbols of an image, by the digest of the image and of the program's file; addresses without a symbol are
 * tried again.  STORE_CONFLICT: the image has FAILURE_ELF_COUNT_MAX already */
MUST_USE struct error store_elf_add(struct store *store, const struct sha256_digest *image,
                                    const struct sha256_digest *elf);
MUST_USE struct error store_elf_list(struct store *store, const struct sha256_digest *image, size_t count_max,
                                     void (*visit)(void *context, const struct sha256_digest *elf), void *context);
/* A group whose program counter was not looked up yet and whose image has programs with symbols.  STORE_NOT_FOUND */
MUST_USE struct error store_failure_next_symbol(struct store *store, struct failure_group *out);
/* What was found, empty for nothing; the group is not looked up again. */
MUST_USE struct error store_failure_set_symbol(struct store *store, uint64_t number, const char *symbol,
                                               const char *place);
/* Decisions of this code about this device in this epoch after a time. */
MUST_USE struct error store_decision_count(struct store *store, const struct ueid *ueid, uint32_t code, uint32_t epoch,
                                           uint64_t since_s, uint64_t *out);
/* Keeps the firing: the latest of its device and rule, whose count goes up by one. */
MUST_USE struct error store_alert_add(struct store *store, const struct alert_record *alert);
/* Latest first. */
MUST_USE struct error store_alert_list(struct store *store, size_t count_max,
                                       void (*visit)(void *context, const struct alert_record *alert), void *context);

#endif
