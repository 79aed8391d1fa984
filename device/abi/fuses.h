/* One-time programmed values, written by the maker at manufacture, readable by all secure code.
 * On the emulated board a blob in the read-only boot memory. Big-endian, FUSES_SIZE_BYTES in all:
 *     u32 magic "FUSE", u32 layout 1, maker root digest (32), vendor (16), class (16), u8 debug (0 or 1),
 *     u8 batch size, batch (16, zero padded) */
#ifndef DEVICE_ABI_FUSES_H
#define DEVICE_ABI_FUSES_H

#include "base/error.h"
#include "base/writer.h"
#include "crypto/sha256.h"
#include "formats/identity/identity.h"

#define FUSES_MAGIC 0x46555345u
#define FUSES_SIZE_BYTES 90

struct fuses {
    struct sha256_digest maker_root_digest;
    struct uuid vendor;
    struct uuid device_class;
    bool debug;
    uint8_t batch_size_bytes;
    uint8_t batch[BATCH_SIZE_BYTES_MAX];
};

/* errors  BOOT_FUSES */
MUST_USE struct error fuses_parse(struct span input, struct fuses *out);
MUST_USE struct error fuses_encode(const struct fuses *fuses, struct writer *out);

#endif
