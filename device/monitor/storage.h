/* Storage of small objects in flash, for compartments: an append log over two halves of the region.
 *
 * sealed  ChaCha20-Poly1305 under a key from CDI_seal: secret and authentic, dies with the epoch (threat T-21)
 * kept    the same construction, authenticated only, under the key that outlives epochs
 *
 * A write appends and then commits with one word; what stood before counts until then (threat T-07). When a half is
 * full, the newest version of each object moves to the other half, whose header is written last.
 * source  docs/protocol/storage.md 1 */
#ifndef DEVICE_MONITOR_STORAGE_H
#define DEVICE_MONITOR_STORAGE_H

#include "base/error.h"
#include "base/writer.h"
#include "device/abi/monitor_call.h"

#define STORAGE_OBJECT_SIZE_BYTES_MAX 1024
/* What the objects of one owner may take, headers included, so that no compartment can crowd the others out. */
#define STORAGE_OWNER_SIZE_BYTES_MAX 4096

struct storage_name {
    enum monitor_storage storage_class;
    uint8_t owner;
    uint8_t object;
};

/* Durable before it returns. Empty data deletes.
 * errors  MONITOR_ARGUMENT, MONITOR_CAPACITY, CRYPTO_*, FLASH_* */
MUST_USE struct error storage_store(const struct storage_name *name, struct span data);
/* Appends the object's bytes to out.
 * errors  MONITOR_NOT_FOUND, MONITOR_SEAL (altered, or sealed in another epoch), FLASH_* */
MUST_USE struct error storage_load(const struct storage_name *name, struct writer *out);

#endif
