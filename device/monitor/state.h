/* Everything that the monitor knows, on one page. One instance, in secure RAM; the gate lets one call in at a time, so
 * calls need no locks. What handlers touch (fault counts, re-hash) says so.
 *
 * Labels of the keys that the monitor derives; each is used with exactly the context named. */
#ifndef DEVICE_MONITOR_STATE_H
#define DEVICE_MONITOR_STATE_H

#include "crypto/hmac_drbg.h"
#include "device/abi/handoff.h"
#include "device/abi/monitor_call.h"
#include "device/secure/boot_record.h"
#include "device/secure/image.h"
#include "formats/checkin/checkin.h"
#include "formats/checkin/update_report.h"
#include "formats/identity/voucher.h"
#include "formats/token/evidence.h"

#define MONITOR_LABEL_RANDOM "sopris monitor random" /* hand-over seed; boot count (u32) */
#define MONITOR_LABEL_NONCE "sopris monitor nonce"   /* hand-over seed; boot count (u32) */
#define MONITOR_LABEL_OPERATIONAL "sopris operational" /* CDI_attest; none */
#define MONITOR_LABEL_CLAIM "sopris claim"           /* kept key; none */
#define MONITOR_LABEL_SEALED "sopris sealed object"  /* CDI_seal; class, owner, object (u8), 0, epoch, counter (u32) */
#define MONITOR_LABEL_FAILURE "sopris failure record" /* kept key; none */
#define MONITOR_LABEL_KEPT "sopris kept object"      /* kept key; the same */

#define MONITOR_CERTIFICATE_SIZE_BYTES_MAX 1024
/* A claim bundle, and an app key set that waits (claim_keyset.h). */
#define MONITOR_CLAIM_SIZE_BYTES_MAX (CLAIM_SIZE_BYTES_MAX + KEYSET_SIZE_BYTES_MAX)
#define MONITOR_SCRATCH_SIZE_BYTES 2304
/* Sizes, key set and manifest of a slot's header block; the rest of it is blank. */
#define MONITOR_UPDATE_HEADER_SIZE_BYTES (12 + KEYSET_SIZE_BYTES_MAX + MANIFEST_SIZE_BYTES_MAX)

/* What a claim bundle says once it was checked. Spans borrow from the bytes it was read from. */
struct ownership {
    struct claim parts;
    struct voucher voucher;
    struct sha256_digest authority; /* SHA-256 of the key that signed the voucher */
    struct keyset control;
    struct keyset app;
};

struct operational_key {
    bool derived;
    struct ecdsa_p256_private_key private_key;
    struct ecdsa_p256_public_key public_key;
};

struct ticket {
    uint32_t sequence;    /* of the last evidence in this boot */
    bool nonce_outstanding;
    uint8_t nonce[TICKET_NONCE_SIZE_BYTES];
    uint32_t nonce_made_ms;
    struct sha256_digest evidence_digest; /* of the last evidence */
    bool accepted;        /* an answer was accepted in this boot */
    uint32_t start_ms;    /* of the ticket: when its nonce was made */
    uint32_t lifetime_s;
    bool time_known;
    uint64_t time_s;      /* since 1970, when the answer came */
    uint32_t time_at_ms;  /* uptime then */
};

/* Allowance of signature verifications that outsiders can ask for. */
struct allowance {
    uint32_t spent;
    uint32_t refilled_ms;
};

/* The last update of a component, from its installation on. */
struct update_outcome {
    uint32_t sequence;
    uint16_t code;   /* error code if it failed or was refused */
    uint8_t state;   /* enum update_state: NONE, TRIAL, CONFIRMED, FAILED or REFUSED */
    uint8_t slot;    /* that it was written to */
};

/* What the monitor keeps in the boot record, as it is: only this device writes or believes it. */
struct monitor_memory {
    struct update_outcome outcomes[COMPONENT_COUNT + 1]; /* by enum component */
    uint8_t trial_turned;   /* bit by component: on trial, and the version before it runs for now (trial.h) */
    uint8_t trial_hours;    /* that this turn has lasted; a start counts as one */
    uint8_t trial_rounds;   /* turns in which only the version before had contact */
    uint8_t update_count;   /* of today (update_budget.h) */
    uint32_t update_day;    /* since 1970 */
    uint8_t unused[BOOT_RECORD_MONITOR_SIZE_BYTES - 8 * (COMPONENT_COUNT + 1) - 8]; /* zero */
};

/* What was refused before anything was written: it is offered again, so it need not outlive the boot. */
struct update_refusal {
    uint32_t sequence;
    struct error error;
};

/* The copy of a running image to its other slot (slot_copy.h). Touched by the tick alone. */
struct slot_copy {
    enum component component; /* 0: none is under way */
    uint32_t offset_bytes;    /* in the image */
    uint32_t size_bytes;
    bool header_stands;       /* the other slot has these bytes already; they are only read */
    bool rewrite;             /* the block under way differs and was erased */
    struct sha256 hash;
    uint8_t done;             /* bit by component: both slots hold what runs */
    uint8_t failed;           /* bit by component: not tried again in this boot */
};

/* The update under way: verified, not yet whole. */
struct update {
    bool begun;
    bool charged;          /* its erases were taken from the day's share */
    enum component component;
    uint32_t sequence;
    uint32_t slot_index;   /* that it is written to */
    uint32_t offset_bytes; /* in the image, of the next byte */
    uint32_t size_bytes;   /* of the image */
    struct sha256_digest image_digest;
    uint8_t header[MONITOR_UPDATE_HEADER_SIZE_BYTES]; /* start of the header block, filled up with 0xFF */
};

/* Failure records in flash: the newest one, and what the next one must know. */
struct failure_log {
    uint32_t log;
    uint32_t number;         /* of the newest record; 0: there is none */
    uint32_t closed;         /* records up to this number take no further failures */
    uint32_t newest;         /* slot */
    uint32_t erase_spent;
    uint32_t erase_time_min; /* since 1970, of the last erasure; 0: unknown */
    uint32_t erase_uptime_ms; /* of the last one in this boot */
};

struct stored_certificate {
    size_t size_bytes;
    uint8_t der[MONITOR_CERTIFICATE_SIZE_BYTES_MAX];
};

/* Touched by the tick handler alone, but for failed. */
struct rehash {
    size_t next; /* index into loaded */
    size_t offset_bytes;
    struct sha256 hash;
    volatile bool failed;
};

struct loaded_image {
    struct span image;
    struct sha256_digest digest;
};

struct monitor_state { /* A secret as a whole. */
    struct handoff handoff;
    struct boot_record record;
    struct monitor_memory memory; /* of the record; record.h stores it */

    struct hmac_drbg drbg;
    uint32_t random_count;
    uint8_t nonce_seed[32];
    uint32_t signature_count;
    struct operational_key operational;

    bool claimed;
    bool claim_pending;       /* one was accepted in this boot; it takes effect with the next epoch */
    uint32_t claim_copy;      /* index in flash of the one in effect */
    uint32_t control_verified; /* HARDENED_TRUE once the control key set's signature was verified in this boot */
    struct ownership owner;
    struct ownership candidate;
    uint32_t claim_revision;  /* of that copy */
    struct sha256_digest claim_authority; /* SHA-256 of the key that had signed the voucher when it was accepted */
    struct span claim_bundle; /* in claim_bytes: what owner borrows from */
    struct span app_next_bytes; /* behind it: the app key set that waits; empty: none */
    struct keyset app_next;
    uint8_t claim_bytes[MONITOR_CLAIM_SIZE_BYTES_MAX];
    uint8_t claim_next_bytes[MONITOR_CLAIM_SIZE_BYTES_MAX]; /* while a copy is put together */

    volatile bool started; /* monitor_start is through */
    uint32_t started_ms;
    volatile bool called;  /* base has made its first call of this boot */
    bool app_running;
    size_t measurement_count;
    struct measurement measurements[COMPONENT_COUNT];
    size_t loaded_count;
    struct loaded_image loaded[COMPONENT_COUNT];
    struct rehash rehash;
    uint8_t running_slot[COMPONENT_COUNT + 1]; /* by enum component; of the app that does not run: the active one */
    struct update update;
    struct update_refusal refusals[COMPONENT_COUNT + 1]; /* by enum component */
    struct error load_errors[COMPONENT_COUNT + 1];       /* why the slot that does not run was passed over */
    uint32_t base_generation; /* of the key set that base runs under; the monitor's is in the hand-over */
    uint32_t app_generation;
    struct slot_copy copy;
    uint8_t confirmed;        /* bit by component: reported in this boot to run */
    uint32_t hour;            /* of uptime, last counted */
    volatile bool in_call;    /* the tick leaves flash and record alone meanwhile */

    struct ticket ticket;
    struct allowance allowance;
    uint8_t failure_key[32];
    struct failure_log failure;
    bool failures_given; /* a report was given out, and no evidence has vouched for it yet */
    struct sha256_digest failures_digest;
    uint32_t fault_counts[FAULT_KIND_COUNT + 1]; /* by enum fault_kind; atomic, handlers add to it */
    struct stored_certificate operational_certificate;
    struct stored_certificate service_ca;

    uint8_t scratch[MONITOR_SCRATCH_SIZE_BYTES]; /* of the call under way; never across calls */
};

_Static_assert(sizeof(struct monitor_memory) == BOOT_RECORD_MONITOR_SIZE_BYTES, "it fills its place in the record");

extern struct monitor_state monitor;

enum device_mode monitor_mode(void);

#endif
