#include "device/compartments/agent/agent_fetch.h"

#include <string.h>

#include "base/ensure.h"
#include "base/writer.h"
#include "device/compartments/agent/agent_problem.h"
#include "device/compartments/agent/agent_settings.h"
#include "device/compartments/agent/http_client.h"
#include "device/runtime/backoff.h"
#include "device/runtime/runtime.h"

#define STATUS_PARTIAL 206
#define PATH_SIZE_BYTES (sizeof(IMAGE_PATH_PREFIX) + 2 * SHA256_DIGEST_SIZE_BYTES)

static void make_path(const struct sha256_digest *digest, char path[PATH_SIZE_BYTES])
{
    struct writer writer;

    writer_init(&writer, path, PATH_SIZE_BYTES);
    writer_bytes(&writer, span_of(IMAGE_PATH_PREFIX, strlen(IMAGE_PATH_PREFIX)));
    for (size_t i = 0; i < SHA256_DIGEST_SIZE_BYTES; i++) {
        writer_u8(&writer, (uint8_t)"0123456789abcdef"[digest->bytes[i] >> 4]);
        writer_u8(&writer, (uint8_t)"0123456789abcdef"[digest->bytes[i] & 0xFu]);
    }
    writer_u8(&writer, 0);
    ENSURE(writer_ok(&writer));
}

/* Exactly the range that was asked for, of a file of the size that was offered. */
static struct error check_response(const struct agent_fetch *fetch, const struct http_request *request,
                                   const struct http_response *response, struct span body)
{
    if (response->status != STATUS_PARTIAL) {
        return agent_problem_error(response, body);
    }
    bool matches = response->has_range && response->range_first == request->range_first &&
                   response->range_last - response->range_first + 1 == request->range_size_bytes &&
                   body.size == request->range_size_bytes && response->range_total == fetch->size_bytes;
    return matches ? ERROR_NONE : ERROR(HTTP, STRUCTURE);
}

static struct error fetch_once(const struct agent_fetch *fetch, uint32_t first, uint32_t size, struct span *body)
{
    struct agent_checkin *checkin = fetch->checkin;
    char path[PATH_SIZE_BYTES];
    struct http_request request = {.method = "GET",
                                   .path = path,
                                   .host = checkin->images_direct ? SERVICE_TLS_NAME : IMAGES_TLS_NAME,
                                   .range_first = first,
                                   .range_size_bytes = size};
    struct http_response response;

    TRY(agent_checkin_connect(checkin, fetch->identity, request.host));
    make_path(&fetch->digest, path);
    struct error error = http_client_exchange(&checkin->client, &request, checkin->memory, AGENT_RESPONSE_TIMEOUT_MS,
                                              &response, body);
    if (!error_is_none(error) || response.close) {
        tls_client_close(&checkin->client);
    }
    TRY(error);
    return check_response(fetch, &request, &response, *body);
}

/* A lost connection is made anew, once. */
static struct error fetch_twice(const struct agent_fetch *fetch, uint32_t first, uint32_t size, struct span *body)
{
    struct error error = fetch_once(fetch, first, size, body);

    return agent_checkin_is_lost(error) ? fetch_once(fetch, first, size, body) : error;
}

/* A server that is busy is asked again a little later: it counts requests by address, and a whole fleet may have one. */
struct error agent_fetch_range(const struct agent_fetch *fetch, uint32_t first, uint32_t size, struct span *body)
{
    struct backoff backoff;

    backoff_init(&backoff, AGENT_BUSY_WAIT_FIRST_MS, AGENT_BUSY_WAIT_LAST_MS);
    for (uint32_t round = 0;; round++) {
        struct error error = fetch_twice(fetch, first, size, body);
        if (!error_is(error, ERROR_CODE_CHECKIN_OVERLOADED) || round == AGENT_BUSY_ROUND_COUNT_MAX) {
            return error;
        }
        runtime_sleep_ms(backoff_next_random_ms(&backoff));
    }
}
