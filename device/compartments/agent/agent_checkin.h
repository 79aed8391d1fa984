/* The check-in: evidence out, signed answer and certificates in, over a connection that is kept.
 *
 *     open -> exporter -> EVIDENCE -> POST /v1/checkin -> answer  -> ANSWER -> CERTIFICATE_SET
 *               ^                                      -> problem -> challenge or certificates, once more
 *               +------------------------------------------------------+
 * The agent carries messages between service and monitor; it can forge neither side's. */
#ifndef DEVICE_COMPARTMENTS_AGENT_AGENT_CHECKIN_H
#define DEVICE_COMPARTMENTS_AGENT_AGENT_CHECKIN_H

#include "device/compartments/agent/agent_identity.h"
#include "device/tls/tls_client.h"
#include "formats/checkin/checkin.h"

struct agent_checkin {
    struct tls_client client;
    const char *peer_name;                   /* of the open connection; a constant */
    bool images_direct;                      /* images come from the service itself: the last try elsewhere failed */
    uint8_t challenge[CHALLENGE_SIZE_BYTES]; /* the service's latest; zeros before the first */
    bool certificates_needed;                /* the service does not know this attestation key yet */
    bool failures_wait;                      /* more failure records than the last request had room for */
    struct buffer memory;                    /* AGENT_EXCHANGE_SIZE_BYTES for messages; the caller's */
};

struct agent_checkin_result {
    uint32_t ticket_lifetime_s;
    bool certificate_received;
    bool failures_wait; /* the service took failure records, and more of them wait */
    size_t offer_count;
    struct checkin_offer offers[CHECKIN_OFFER_COUNT_MAX];
};

/* memory is borrowed for as long as the check-in is used. */
void agent_checkin_init(struct agent_checkin *checkin, struct buffer memory);
/* One check-in, with as many rounds as the service asks for within reason.
 * errors  NET_*, TLS_*, HTTP_*, ANSWER_*, COSE_*, CBOR_*, CHECKIN_*, and what the service refuses with */
MUST_USE struct error agent_checkin_run(struct agent_checkin *checkin, const struct agent_identity *identity,
                                        struct agent_checkin_result *result);
/* Sees to it that a connection to this name at the service's address is open; one to another name is closed. The owner's
 * root vouches for the name, which is a constant.
 * errors  MONITOR_*, NET_*, TLS_* */
MUST_USE struct error agent_checkin_connect(struct agent_checkin *checkin, const struct agent_identity *identity,
                                            const char *name);
/* The connection has gone, which is no fault of what was sent. */
bool agent_checkin_is_lost(struct error error);

#endif
