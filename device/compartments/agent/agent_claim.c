#include "device/compartments/agent/agent_claim.h"

#include <string.h>

#include "base/ensure.h"
#include "base/writer.h"
#include "device/compartments/agent/agent_problem.h"
#include "device/compartments/agent/agent_settings.h"
#include "device/compartments/agent/http_client.h"
#include "device/runtime/runtime.h"
#include "formats/checkin/checkin.h"

#define STATUS_OK 200
#define PATH_SIZE_BYTES (sizeof(CLAIM_PATH_PREFIX) + 2 * UEID_SIZE_BYTES)

static void make_path(const struct ueid *ueid, char path[PATH_SIZE_BYTES])
{
    struct writer writer;

    writer_init(&writer, path, PATH_SIZE_BYTES);
    writer_bytes(&writer, span_of(CLAIM_PATH_PREFIX, strlen(CLAIM_PATH_PREFIX)));
    for (size_t i = 0; i < UEID_SIZE_BYTES; i++) {
        writer_u8(&writer, (uint8_t)"0123456789abcdef"[ueid->bytes[i] >> 4]);
        writer_u8(&writer, (uint8_t)"0123456789abcdef"[ueid->bytes[i] & 0xFu]);
    }
    writer_u8(&writer, 0);
    ENSURE(writer_ok(&writer));
}

static struct error fetch(struct tls_client *client, const struct agent_identity *identity, struct buffer memory,
                          struct span *bundle)
{
    char path[PATH_SIZE_BYTES];
    struct http_request request = {.method = "GET", .path = path, .host = SERVICE_TLS_NAME};
    struct http_response response;

    make_path(&identity->ueid, path);
    TRY(http_client_exchange(client, &request, memory, AGENT_RESPONSE_TIMEOUT_MS, &response, bundle));
    if (response.status != STATUS_OK) {
        return agent_problem_error(&response, *bundle);
    }
    if (!agent_problem_has_type(&response, CLAIM_CONTENT_TYPE)) {
        return ERROR(HTTP, STRUCTURE);
    }
    return bundle->size <= CLAIM_SIZE_BYTES_MAX ? ERROR_NONE : ERROR(HTTP, SIZE);
}

struct error agent_claim_run(const struct agent_identity *identity, struct buffer memory)
{
    static struct tls_client client;
    /* No trust anchor: the device has no owner yet whose root could be one. Whoever answers can only hand over a
     * bundle that a signature of the maker or the present owner makes good, and the monitor checks that (threat T-01). */
    struct tls_client_peer peer = {.host = identity->host, .port = identity->port, .name = SERVICE_TLS_NAME};
    struct buffer nothing = {NULL, 0, 0};
    struct span bundle = SPAN_EMPTY;

    TRY(tls_client_open(&client, &peer, AGENT_CONNECT_TIMEOUT_MS));
    struct error error = fetch(&client, identity, memory, &bundle);
    tls_client_close(&client);
    TRY(error);
    return runtime_monitor(MONITOR_CALL_CLAIM, bundle, &nothing);
}
