/* The shapes that decisions are made over and that the store keeps: device, decision, release. Data only. */
#ifndef SERVICE_RECORD_RECORD_H
#define SERVICE_RECORD_RECORD_H

#include "formats/checkin/checkin.h"
#include "formats/identity/identity.h"
#include "formats/manifest/manifest.h"
#include "formats/token/evidence.h"

/* Where the outstanding challenge was given: an answer that the device proves to have received, or a problem. */
enum challenge_origin {
    CHALLENGE_NONE = 0,
    CHALLENGE_FROM_PROBLEM = 1,
    CHALLENGE_FROM_ANSWER = 2,
};

#define CERTIFICATE_SERIAL_SIZE_BYTES 16

struct device_record {
    uint64_t version; /* 0: not stored yet */
    struct ueid ueid;
    char batch[BATCH_SIZE_BYTES_MAX + 1];
    /* Facts of the last attestation certificate whose chain was verified. */
    struct ecdsa_p256_public_key attestation_key;
    struct sha256_digest monitor_digest;
    uint32_t monitor_sequence;
    uint32_t attestation_epoch;
    bool debug;
    /* Order of evidence. */
    uint32_t epoch; /* lowest accepted */
    uint32_t boot_count;
    uint32_t sequence;
    enum challenge_origin challenge_origin;
    uint8_t challenge[CHALLENGE_SIZE_BYTES];
    /* The present operational certificate; not_after_s 0: none. */
    struct ecdsa_p256_public_key operational_key;
    uint8_t serial[CERTIFICATE_SERIAL_SIZE_BYTES];
    uint64_t not_before_s;
    uint64_t not_after_s;
    /* What the last accepted evidence said, for people. */
    uint64_t first_seen_s;
    uint64_t last_seen_s;
    uint64_t last_accepted_s; /* 0: never */
    uint32_t last_code;       /* of the latest decision */
    uint32_t uptime_s;
    enum device_mode mode;
    uint32_t fault_counts[FAULT_KIND_COUNT + 1];
    size_t measurement_count;
    struct measurement measurements[COMPONENT_COUNT];
    size_t endpoint_count;    /* of the network, as the device said last */
    struct endpoint endpoints[ENDPOINT_COUNT_MAX];
    struct checkin_generations generations; /* of key sets, as the device says; 0: it never said */
};

#define DECISION_DETAIL_SIZE_BYTES_MAX 255
/* Older decisions of one device are dropped beyond this number. */
#define DECISION_COUNT_MAX 64

/* One decision about one device, as `explain` shows it. */
struct decision_record {
    uint64_t number; /* counted by the store, from 1, for each device */
    struct ueid ueid;
    uint64_t time_s;
    uint32_t code; /* ERROR_CODE_NONE: accepted */
    uint32_t epoch;
    uint32_t boot_count;
    uint32_t sequence;
    struct sha256_digest evidence_digest;
    char detail[DECISION_DETAIL_SIZE_BYTES_MAX + 1];
};

/* A release whose manifest was verified: a reference value. */
struct release_record {
    enum component component;
    uint32_t sequence;
    struct sha256_digest digest;
    struct sha256_digest authority; /* SHA-256 of the key that signed the manifest */
    char version[MANIFEST_VERSION_SIZE_BYTES_MAX + 1];
    uint64_t added_s;
    struct span manifest;
};

/* Values are stored. Those below ROLLOUT_ABORTED are open. */
enum rollout_state {
    ROLLOUT_RUNNING = 1,
    ROLLOUT_PAUSED = 2, /* by an operator */
    ROLLOUT_HALTED = 3, /* by itself: too many failures */
    ROLLOUT_ABORTED = 4,
    ROLLOUT_FINISHED = 5, /* reached all; devices that come back later are still offered it */
};

#define GROUP_NAME_SIZE_BYTES_MAX 32
#define ROLLOUT_RING_COUNT_MAX 8
#define ROLLOUT_SUCCESS_PERCENT_DEFAULT 90
#define ROLLOUT_RING_WAIT_DEFAULT_S 3600

/* One release on its way to the fleet or to a group of it. */
struct rollout_record {
    uint64_t number; /* given by the store */
    enum component component;
    char group[GROUP_NAME_SIZE_BYTES_MAX + 1]; /* empty: every device */
    uint32_t sequence;
    struct sha256_digest digest; /* of the image, as devices report it */
    struct sha256_digest authority;
    struct sha256_digest file_digest;
    uint32_t file_size_bytes;
    uint32_t percent; /* the part that is open now */
    /* Parts that follow by themselves, ascending; 0 behind the last. */
    uint8_t rings[ROLLOUT_RING_COUNT_MAX];
    uint32_t ring_wait_s;         /* the shortest time between two rings */
    uint64_t ring_opened_s;
    uint32_t success_percent_min; /* of the devices offered it, so many must run it before the next ring opens */
    uint32_t window_start_hour;   /* UTC; the hours in which a device may be offered it first */
    uint32_t window_end_hour;     /* the same as start: any hour */
    uint32_t rate_per_minute;     /* 0: no limit */
    uint32_t failures_max;        /* this many failures halt it */
    uint64_t failures_forgiven;
    enum rollout_state state;
    uint64_t started_s;
};

/* What a device said last about an update of a component. */
struct report_record {
    struct ueid ueid;
    struct update_report report;
    uint64_t since_s; /* sequence, state and code are the same since then */
    uint64_t time_s;
};

/* Values are stored. */
enum target_state {
    TARGET_NONE = 0, /* never stored */
    TARGET_OFFERED = 1,
    TARGET_RUNNING = 2,
    TARGET_FAILED = 3,
};

/* A device that was offered a rollout's release. */
struct rollout_target {
    uint64_t rollout;
    struct ueid ueid;
    enum target_state state;
    uint32_t epoch; /* with boot_count: when it was offered, as the device counts */
    uint32_t boot_count;
    uint64_t offered_s;
    uint64_t changed_s;
};

#endif
