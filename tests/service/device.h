/* A device with real keys: DeviceID certified by a maker, attestation certificate, evidence, and a check of every
 * answer, as the monitor does it. */
#ifndef TESTS_SERVICE_DEVICE_H
#define TESTS_SERVICE_DEVICE_H

#include "formats/checkin/checkin.h"
#include "formats/identity/keyset.h"
#include "tests/service/client.h"
#include "tests/service/world.h"

struct device_wish {
    uint32_t index; /* the same index is the same device */
    uint32_t epoch;
    const char *batch;
    bool by_stranger;     /* certified by a maker that the service does not know */
    bool altered_monitor; /* the ROM measures a monitor that was never released */
    uint32_t boot_count;
    uint32_t base_sequence;  /* of the base that runs; 0: WORLD_SEQUENCE */
    uint32_t first_sequence; /* of evidence: one that went on before this program did */
};

struct device {
    const struct world *world;
    struct key_pair device_id, attestation, operational;
    struct ueid ueid;
    uint8_t attestation_der[640];
    size_t attestation_size_bytes;
    uint8_t device_id_der[1024];
    size_t device_id_size_bytes;
    struct measurement monitor, base;
    uint32_t epoch, boot_count, sequence;
    uint8_t challenge[CHALLENGE_SIZE_BYTES];
    uint8_t ticket_nonce[TICKET_NONCE_SIZE_BYTES];
    bool send_certificates;
    size_t offer_count; /* in the last answer */
    struct checkin_offer offers[CHECKIN_OFFER_COUNT_MAX];
    uint32_t order_epoch;       /* in the last answer; 0: no order */
    uint32_t ticket_lifetime_s; /* likewise */
    uint32_t certificate_count; /* operational certificates received */
    bool has_report;            /* what it says besides its evidence */
    struct update_report report;
    size_t failures_size_bytes; /* 0: it reports none */
    uint8_t failures[FAILURE_REPORT_SIZE_BYTES_MAX];
    bool failures_proven;           /* its evidence vouches for them */
    struct failure_ack failure_ack; /* in the last answer */
    bool has_generations;
    struct checkin_generations generations;
    size_t keyset_count; /* in the last answer */
    struct keyset keysets[CHECKIN_KEYSET_COUNT_MAX];
};

/* What came of one check-in. */
struct outcome {
    int status;         /* 0: no answer */
    struct error error; /* none: accepted and the answer verified */
};

void device_make(struct device *device, const struct world *world, const struct device_wish *wish);
void device_wipe(struct device *device);
/* Evidence of the present state for a connection; a test may change it before it is signed. Moves the sequence on. */
void device_evidence(struct device *device, const struct client *client, struct evidence *out);
/* A whole request: evidence signed, certificates with it if the device sends them. */
void device_request(struct device *device, const struct evidence *evidence, struct writer *out);
/* Reads the answer to a request and takes up the challenge and certificate in it. */
struct outcome device_take(struct device *device, struct span request, const struct response *response);
/* Evidence and request, written and sent; the answer is read and taken by the caller. */
void device_send(struct device *device, struct client *client, struct writer *request);
/* Evidence, request, answer. */
struct outcome device_checkin(struct device *device, struct client *client);
/* Check-ins until accepted, as an agent does: a challenge or the certificates may be asked for first. */
struct outcome device_join(struct device *device, struct client *client);
void ueid_print(const struct ueid *ueid, char out[2 * UEID_SIZE_BYTES + 1]);

#endif
