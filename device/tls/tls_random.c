/* Random bytes for the TLS library, all from the monitor: MBEDTLS_PSA_CRYPTO_EXTERNAL_RNG. */
#include <psa/crypto.h>

#include "base/writer.h"
#include "device/runtime/runtime.h"

#define REQUEST_SIZE_BYTES 2
/* What MONITOR_CALL_RANDOM gives at most. */
#define CHUNK_SIZE_BYTES_MAX 256

psa_status_t mbedtls_psa_external_get_random(mbedtls_psa_external_random_context_t *context, uint8_t *output,
                                             size_t output_size, size_t *output_length)
{
    (void)context;
    for (size_t filled = 0; filled < output_size;) {
        size_t chunk = output_size - filled < CHUNK_SIZE_BYTES_MAX ? output_size - filled : CHUNK_SIZE_BYTES_MAX;
        uint8_t request[REQUEST_SIZE_BYTES];
        struct writer writer;
        struct buffer reply = {output + filled, chunk, 0};

        writer_init(&writer, request, sizeof(request));
        writer_u16(&writer, (uint16_t)chunk);
        if (!error_is_none(runtime_monitor(MONITOR_CALL_RANDOM, writer_span(&writer), &reply)) ||
            reply.size != chunk) {
            return PSA_ERROR_INSUFFICIENT_ENTROPY;
        }
        filled += chunk;
    }
    *output_length = output_size;
    return PSA_SUCCESS;
}
