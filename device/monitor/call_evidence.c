/* Evidence: what this device is and runs, signed with the attestation key.  source  DESIGN 4; docs/protocol/evidence.md */
#include "base/reader.h"
#include "base/secret.h"
#include "device/hal/system.h"
#include "device/monitor/calls.h"
#include "device/monitor/operational.h"
#include "device/monitor/random.h"
#include "device/monitor/rehash.h"
#include "device/monitor/state.h"
#include "formats/cose/cose.h"

static void copy(uint8_t *to, struct span from)
{
    for (size_t index = 0; index < from.size; index++) {
        to[index] = from.data[index];
    }
}

/* The nonce stays until it is answered, so that lost and forged answers cost nothing (DESIGN 4). */
static void evidence_ensure_nonce(void)
{
    struct ticket *ticket = &monitor.ticket;
    if (!ticket->nonce_outstanding) {
        random_bytes(ticket->nonce, sizeof(ticket->nonce));
        ticket->nonce_made_ms = hal_system_uptime_ms();
        ticket->nonce_outstanding = true;
    }
}

static struct error evidence_collect(struct span challenge, struct span channel_binding, struct evidence *evidence)
{
    const struct ecdsa_p256_public_key *operational = NULL;
    TRY(operational_public_key(&operational));
    *evidence = (struct evidence){
        .ueid = monitor.handoff.ueid,
        .operational_key = *operational,
        .uptime_s = hal_system_uptime_ms() / 1000,
        .debug = monitor.handoff.fuses.debug,
        .boot_count = monitor.handoff.boot_count,
        .epoch = monitor.handoff.epoch,
        .sequence = monitor.ticket.sequence,
        .mode = monitor_mode(),
        .rehash_ok = rehash_ok(),
        .has_failures = monitor.failures_given,
        .failures_digest = monitor.failures_digest,
        .measurement_count = monitor.measurement_count,
    };
    copy(evidence->challenge, challenge);
    copy(evidence->channel_binding, channel_binding);
    copy(evidence->ticket_nonce, SPAN_OF(monitor.ticket.nonce));
    for (size_t kind = 1; kind <= FAULT_KIND_COUNT; kind++) {
        evidence->fault_counts[kind] = __atomic_load_n(&monitor.fault_counts[kind], __ATOMIC_RELAXED);
    }
    for (size_t index = 0; index < monitor.measurement_count; index++) {
        evidence->measurements[index] = monitor.measurements[index];
    }
    return ERROR_NONE;
}

static struct error evidence_sign(struct span payload, struct writer *out)
{
    uint8_t nonce_input[RANDOM_NONCE_INPUT_SIZE_BYTES];
    random_nonce_input(nonce_input);
    struct error error =
        cose_sign1_create(COSE_CONTENT_TYPE_EVIDENCE, &monitor.handoff.secrets.attestation_key,
                          &monitor.handoff.attestation_public_key, payload, SPAN_OF(nonce_input), out);
    secret_wipe(nonce_input, sizeof(nonce_input));
    return error;
}

struct error call_evidence(struct span in, struct writer *out)
{
    struct reader reader;
    reader_init(&reader, in);
    struct span challenge = reader_take(&reader, CHALLENGE_SIZE_BYTES);
    struct span channel_binding = reader_take(&reader, CHANNEL_BINDING_SIZE_BYTES);
    if (!reader_ok(&reader) || reader_remaining(&reader) != 0) {
        return ERROR(MONITOR, ARGUMENT);
    }
    if (monitor.ticket.sequence == UINT32_MAX) {
        return ERROR(MONITOR, STATE); /* The sequence never starts over within a boot. */
    }
    evidence_ensure_nonce();
    /* Counted before it is used: a call that fails on its way leaves a gap, never a sequence used twice
     * (threat T-02). */
    monitor.ticket.sequence++;
    struct evidence evidence;
    TRY(evidence_collect(challenge, channel_binding, &evidence));
    struct writer payload;
    monitor.failures_given = false;
    writer_init(&payload, monitor.scratch, EVIDENCE_SIZE_BYTES_MAX);
    TRY(evidence_encode_payload(&evidence, &payload));
    TRY(evidence_sign(writer_span(&payload), out));
    monitor.ticket.evidence_digest = sha256_of(writer_span(out));
    return ERROR_NONE;
}
