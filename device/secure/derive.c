#include "device/secure/derive.h"

#include "base/ensure.h"
#include "base/writer.h"
#include "crypto/hmac_sha256.h"

/* Longest label, its zero and the longest context: two digests, epoch and one byte. */
#define DERIVE_INFO_SIZE_BYTES_MAX 112

void derive_key(struct span secret, const char *label, struct span context, uint8_t out[32])
{
    uint8_t info[DERIVE_INFO_SIZE_BYTES_MAX];
    struct writer writer;
    writer_init(&writer, info, sizeof(info));
    for (const char *character = label; *character != '\0'; character++) {
        writer_u8(&writer, (uint8_t)*character);
    }
    writer_u8(&writer, 0);
    writer_bytes(&writer, context);
    ENSURE(writer_ok(&writer));
    hkdf_sha256(secret, SPAN_EMPTY, writer_span(&writer), out, 32);
}
