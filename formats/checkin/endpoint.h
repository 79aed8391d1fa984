/* What the images of a device declare of the network, and what was used of it since the device started.
 *     endpoint = [compartment, kind, port, IPv4 address, used]
 * It is the word of the non-secure world: who owns that can leave out what was used, not what the measured images declare.
 * source  docs/protocol/checkin.md; device/abi/system_table.h */
#ifndef FORMATS_CHECKIN_ENDPOINT_H
#define FORMATS_CHECKIN_ENDPOINT_H

#include "formats/cbor/cbor.h"

/* Values are on the wire, and those of enum system_endpoint_kind. */
enum endpoint_kind {
    ENDPOINT_TLS = 1,
    ENDPOINT_PLAIN = 2,
    ENDPOINT_LISTEN = 3,
};

#define ENDPOINT_COUNT_MAX 32
#define ENDPOINT_SIZE_BYTES_MAX 13
#define ENDPOINT_COMPARTMENT_MAX 11

struct endpoint {
    uint8_t compartment;
    enum endpoint_kind kind;
    uint16_t port;
    uint32_t address; /* 10.0.2.100 as 0x0A000264; 0 of a served port */
    bool used;
};

/* "tls", "plain", "listen"; NULL for anything else. */
const char *endpoint_kind_name(enum endpoint_kind kind);
/* Failures are sticky in the reader. */
void endpoint_read(struct cbor_reader *cbor, struct endpoint *endpoint);
bool endpoint_is_valid(const struct endpoint *endpoint);
void endpoint_write(struct writer *out, const struct endpoint *endpoint);

#endif
