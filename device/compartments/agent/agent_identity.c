#include "device/compartments/agent/agent_identity.h"

#include <string.h>

#include "base/reader.h"
#include "device/runtime/runtime.h"

#define REPLY_SIZE_BYTES_MAX 160

struct error agent_identity_read(struct agent_identity *identity)
{
    uint8_t data[REPLY_SIZE_BYTES_MAX];
    struct buffer reply = BUFFER_OF(data);
    struct reader reader;

    TRY(runtime_monitor(MONITOR_CALL_IDENTITY, SPAN_EMPTY, &reply));
    reader_init(&reader, span_of_buffer(&reply));
    struct span ueid = reader_take(&reader, UEID_SIZE_BYTES);
    uint32_t epoch = reader_u32(&reader);
    uint32_t boot_count = reader_u32(&reader);
    (void)reader_u8(&reader); /* mode: the service hears it from the monitor's evidence */
    bool claimed = reader_u8(&reader) == 1;
    (void)reader_u8(&reader); /* app_verified: likewise */
    uint16_t port = reader_u16(&reader);
    struct span host = reader_take(&reader, reader_u8(&reader));
    if (!reader_ok(&reader) || reader_remaining(&reader) != 0 || host.size >= sizeof(identity->host)) {
        return ERROR(MONITOR, ARGUMENT);
    }
    memcpy(identity->ueid.bytes, ueid.data, UEID_SIZE_BYTES);
    identity->epoch = epoch;
    identity->boot_count = boot_count;
    identity->claimed = claimed;
    identity->port = port;
    memcpy(identity->host, host.data, host.size);
    identity->host[host.size] = '\0';
    return ERROR_NONE;
}
