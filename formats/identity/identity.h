/* Names that several formats share: UEID, epoch, component, vendor and class.  source  DESIGN 3; RFC 9711 4.2.1 */
#ifndef FORMATS_IDENTITY_IDENTITY_H
#define FORMATS_IDENTITY_IDENTITY_H

#include "base/span.h"
#include "crypto/ecdsa_p256.h"

/* 0x01 (type RAND) and SHA-256 of the raw DeviceID public key. */
#define UEID_SIZE_BYTES 33

struct ueid {
    uint8_t bytes[UEID_SIZE_BYTES];
};

void ueid_of(const struct ecdsa_p256_public_key *device_id, struct ueid *ueid);

#define UUID_SIZE_BYTES 16

struct uuid {
    uint8_t bytes[UUID_SIZE_BYTES];
};

/* Batch of a maker: printable ASCII, no terminator; size at most 16. */
#define BATCH_SIZE_BYTES_MAX 16

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
