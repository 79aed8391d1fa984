/* Provisioning region: what the factory leaves for the device to show, not to trust: the DeviceID certificate and the
 * certificates that lead to the maker root. Big-endian: u32 magic "PROV", u32 count, then count times u32 size, DER.
 * While it is empty the ROM prints one line for the factory on the console:
 *     rom: device-id <128 hex digits: raw public key>
 * Possession is proved by the attestation certificate that DeviceID signs at every boot. */
#ifndef DEVICE_ABI_PROVISIONING_H
#define DEVICE_ABI_PROVISIONING_H

#include "base/error.h"
#include "base/writer.h"

#define PROVISIONING_MAGIC 0x50524F56u
#define PROVISIONING_CERTIFICATE_COUNT_MAX 2
#define PROVISIONING_CERTIFICATE_SIZE_BYTES_MAX 1024

struct provisioning {
    size_t certificate_count;
    struct span certificates[PROVISIONING_CERTIFICATE_COUNT_MAX]; /* DeviceID first; borrowed */
};

/* Whether the region is erased; start is its first word or more of it. */
bool provisioning_is_empty(struct span start);
/* errors  BOOT_SLOT_EMPTY, BOOT_SLOT_FORMAT */
MUST_USE struct error provisioning_parse(struct span region, struct provisioning *out);
MUST_USE struct error provisioning_encode(const struct provisioning *provisioning, struct writer *out);

#endif
