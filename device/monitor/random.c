#include "device/monitor/random.h"

#include "base/secret.h"
#include "base/writer.h"
#include "device/hal/system.h"
#include "device/monitor/state.h"
#include "device/secure/derive.h"

void random_start(void)
{
    struct span seed = SPAN_OF(monitor.handoff.secrets.seed);
    uint8_t context[4];
    struct writer writer;
    writer_init(&writer, context, sizeof(context));
    writer_u32(&writer, monitor.handoff.boot_count);

    uint8_t drbg_seed[32];
    derive_key(seed, MONITOR_LABEL_RANDOM, SPAN_OF(context), drbg_seed);
    hmac_drbg_init(&monitor.drbg, SPAN_OF(drbg_seed));
    secret_wipe(drbg_seed, sizeof(drbg_seed));
    derive_key(seed, MONITOR_LABEL_NONCE, SPAN_OF(context), monitor.nonce_seed);
    secret_wipe(monitor.handoff.secrets.seed, sizeof(monitor.handoff.secrets.seed));
}

void random_bytes(uint8_t *out, size_t size_bytes)
{
    uint8_t material[8];
    struct writer writer;
    writer_init(&writer, material, sizeof(material));
    writer_u32(&writer, monitor.random_count);
    writer_u32(&writer, hal_system_uptime_ms());
    monitor.random_count++;
    hmac_drbg_reseed(&monitor.drbg, SPAN_OF(material));
    hmac_drbg_generate(&monitor.drbg, out, size_bytes);
}

void random_nonce_input(uint8_t out[RANDOM_NONCE_INPUT_SIZE_BYTES])
{
    struct writer writer;
    writer_init(&writer, out, RANDOM_NONCE_INPUT_SIZE_BYTES);
    writer_bytes(&writer, SPAN_OF(monitor.nonce_seed));
    writer_u32(&writer, monitor.handoff.boot_count);
    writer_u32(&writer, monitor.signature_count);
    monitor.signature_count++;
}
