/* The decision about one check-in: facts, record, policy, time and random bytes in; response and effects out.
 * No socket, no clock, no database, no randomness of its own: the same input gives the same output.
 *
 * The rules run in the order of decide.c, each in a file of its own (rules.h), so that a test can replace one by its
 * twin in challenge/without/service and show the attack that it stops.
 * source  DESIGN 6; docs/protocol/checkin.md; docs/decisions/0013-checkin-rules.md */
#ifndef SERVICE_DECIDE_DECIDE_H
#define SERVICE_DECIDE_DECIDE_H

#include "base/error.h"
#include "formats/identity/voucher.h"
#include "formats/token/answer.h"
#include "formats/token/evidence.h"
#include "service/record/record.h"
#include "service/record/refresh.h"

/* What the device's certificates say, whether or not they lead to a trusted maker. */
struct device_identity {
    struct ueid ueid; /* of the DeviceID key that signed the attestation certificate */
    char batch[BATCH_SIZE_BYTES_MAX + 1];
    struct ecdsa_p256_public_key attestation_key;
    struct sha256_digest monitor_digest;
    uint32_t monitor_sequence;
    uint32_t epoch;
    bool debug;
};

struct decide_policy {
    struct sha256_digest owner_root_digest;
    uint32_t ticket_lifetime_s;
    uint32_t certificate_lifetime_s;
};

struct decide_input {
    /* Established by the core from the request's bytes. */
    struct error chain; /* what verifying the certificates found, or that this attestation key was verified before */
    struct device_identity identity;
    struct error signature; /* of the evidence, with the key that it names */
    struct ecdsa_p256_public_key signer;
    struct evidence evidence;
    struct sha256_digest evidence_digest; /* of the whole token */
    uint8_t channel_binding[CHANNEL_BINDING_SIZE_BYTES]; /* of the connection that the request came on */
    size_t endpoint_count;             /* 0: the device says nothing */
    const struct endpoint *endpoints;
    const struct checkin_generations *generations; /* as the device says; NULL: it says nothing */
    /* Read from the store for identity.ueid; NULL where there is none. */
    const struct device_record *record;
    const struct voucher *voucher;
    struct revoked_state revoked;
    const struct release_record *references[COMPONENT_COUNT]; /* for each of evidence.measurements */
    /* The core's. */
    const struct decide_policy *policy;
    uint64_t time_s;
    uint8_t random_challenge[CHALLENGE_SIZE_BYTES];
    uint8_t random_serial[CERTIFICATE_SERIAL_SIZE_BYTES];
};

struct decide_output {
    struct error verdict;
    /* The evidence is the device's own, so the decision is kept under its UEID. If false, nothing is to be stored. */
    bool is_authentic;
    struct decision_record decision;
    /* Effects. */
    bool save_record;
    struct device_record record;
    bool issue_certificate; /* over record.operational_key, with its serial and dates */
    /* Response: the answer but for its rest digest if the verdict is none or the device is ordered to refresh, else a
     * problem. */
    bool is_order;
    struct answer answer;
    bool has_challenge;
    uint8_t challenge[CHALLENGE_SIZE_BYTES];
};

void decide_checkin(const struct decide_input *input, struct decide_output *out);

#endif
