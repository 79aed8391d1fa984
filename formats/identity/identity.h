/* Names that several formats share: UEID, epoch, component, vendor and class.  source  DESIGN 3; RFC 9711 4.2.1 */
#ifndef FORMATS_IDENTITY_IDENTITY_H
#define FORMATS_IDENTITY_IDENTITY_H

#include "base/span.h"
#include "crypto/ecdsa_p256.h"

/* 0x01 (type RAND) and SHA-256 of the raw DeviceID public key. */
#define UEID_SIZE_BYTES 33
#define UEID_TYPE_RAND 0x01

struct ueid {
    uint8_t bytes[UEID_SIZE_BYTES];
};

void ueid_of(const struct ecdsa_p256_public_key *device_id, struct ueid *ueid);

/* Lower-case hexadecimal and a terminator: the name of a device in certificates, paths, topics and tables. */
#define UEID_TEXT_SIZE_BYTES (2 * UEID_SIZE_BYTES + 1)

void ueid_to_text(const struct ueid *ueid, char text[UEID_TEXT_SIZE_BYTES]);
/* False unless text is 66 lower-case hexadecimal digits of a UEID of type RAND; *out then stays as it was. */
bool ueid_from_text(struct span text, struct ueid *out);

#define UUID_SIZE_BYTES 16

struct uuid {
    uint8_t bytes[UUID_SIZE_BYTES];
};

/* Batch of a maker: printable ASCII, no terminator; size at most 16. */
#define BATCH_SIZE_BYTES_MAX 16
/* In the DeviceID certificate the batch is a subjectAltName URI, so that its subject stays exactly what the attestation
 * certificate names as issuer (RFC 5280 6.1.3 a 4). */
#define IDENTITY_BATCH_URI_PREFIX "urn:sopris:batch:"

/* The components that have images of their own. Values are on the wire. */
enum component {
    COMPONENT_MONITOR = 1,
    COMPONENT_BASE = 2,
    COMPONENT_APP = 3,
};
#define COMPONENT_COUNT 3

/* "monitor", "base", "app"; NULL for anything else. */
const char *component_name(enum component component);

#endif
