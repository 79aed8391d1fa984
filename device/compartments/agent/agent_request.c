#include "device/compartments/agent/agent_request.h"

#include <string.h>

#include "device/compartments/agent/agent_endpoint.h"
#include "device/compartments/agent/agent_failure.h"
#include "device/compartments/agent/agent_report.h"
#include "device/runtime/runtime.h"
#include "formats/checkin/checkin.h"

#define CERTIFICATES_SIZE_BYTES_MAX 2688

/* Evidence and certificates until they are encoded; too large for the stack. */
static uint8_t evidence_memory[EVIDENCE_SIZE_BYTES_MAX];
static uint8_t certificate_memory[CERTIFICATES_SIZE_BYTES_MAX];

static struct error get_evidence(const uint8_t challenge[CHALLENGE_SIZE_BYTES],
                                 const uint8_t channel_binding[CHANNEL_BINDING_SIZE_BYTES], struct span *evidence)
{
    uint8_t request[CHALLENGE_SIZE_BYTES + CHANNEL_BINDING_SIZE_BYTES];
    struct buffer reply = BUFFER_OF(evidence_memory);

    memcpy(request, challenge, CHALLENGE_SIZE_BYTES);
    memcpy(request + CHALLENGE_SIZE_BYTES, channel_binding, CHANNEL_BINDING_SIZE_BYTES);
    TRY(runtime_monitor(MONITOR_CALL_EVIDENCE, SPAN_OF(request), &reply));
    *evidence = span_of_buffer(&reply);
    return ERROR_NONE;
}

/* Attestation, DeviceID and the maker's, in the order of the chain. */
static struct error get_certificates(struct checkin_request *request)
{
    static const enum monitor_certificate chain[] = {
        MONITOR_CERTIFICATE_ATTESTATION,
        MONITOR_CERTIFICATE_DEVICE_ID,
        MONITOR_CERTIFICATE_MAKER,
    };
    size_t used = 0;

    _Static_assert(sizeof(chain) / sizeof(chain[0]) <= CHECKIN_CERTIFICATE_COUNT_MAX, "the chain fits a request");
    for (size_t i = 0; i < sizeof(chain) / sizeof(chain[0]); i++) {
        uint8_t index[1] = {(uint8_t)chain[i]};
        struct buffer reply = {certificate_memory + used, sizeof(certificate_memory) - used, 0};
        struct error error = runtime_monitor(MONITOR_CALL_CERTIFICATE, SPAN_OF(index), &reply);
        /* A maker that signs DeviceID certificates with its root has no certificate in between. */
        if (chain[i] == MONITOR_CERTIFICATE_MAKER && error_is(error, ERROR_CODE_MONITOR_NOT_FOUND)) {
            break;
        }
        TRY(error);
        request->certificates[i] = span_of_buffer(&reply);
        request->certificate_count = i + 1;
        used += reply.size;
    }
    return ERROR_NONE;
}

struct error agent_request_make(const uint8_t challenge[CHALLENGE_SIZE_BYTES],
                                const uint8_t channel_binding[CHANNEL_BINDING_SIZE_BYTES], bool with_certificates,
                                struct buffer memory, struct span *out, bool *failures_wait)
{
    struct checkin_request request = {0};
    struct writer writer;

    *failures_wait = false;
    if (!with_certificates) {
        /* Before the evidence, which carries its digest. */
        request.failures = agent_failure_read(failures_wait);
    }
    agent_report_fill(&request);
    if (!with_certificates) { /* There is no room for both. */
        agent_endpoint_fill(&request);
    }
    TRY(get_evidence(challenge, channel_binding, &request.evidence));
    if (with_certificates) {
        TRY(get_certificates(&request));
    }
    writer_init(&writer, memory.data, memory.capacity);
    TRY(checkin_request_encode(&request, &writer));
    *out = writer_span(&writer);
    return ERROR_NONE;
}
