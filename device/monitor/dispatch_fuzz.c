/* monitor_dispatch with any number and any bytes, on an unclaimed and a claimed board: it never crashes, and nothing that
 * it hands out, on success or not, holds a secret of the monitor (T-09, T-20).
 * Input: selects the board (1), then calls: number (1), size (2, little-endian), bytes. With the top bit of the number
 * set, the bytes are written over a claim or answer that would be accepted, at the offset that the first two name. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "device/abi/flash_map.h"
#include "device/boards/host/host_board.h"
#include "device/hal/watchdog.h"
#include "device/monitor/fixture_test.h"
#include "device/monitor/monitor.h"
#include "device/monitor/state.h"

/* A state of the board that each input starts from. */
struct snapshot {
    struct monitor_state monitor;
    uint8_t flash[FLASH_FAILURE_OFFSET];
};

static struct snapshot snapshots[2];

static void snapshot_take(struct snapshot *snapshot)
{
    snapshot->monitor = monitor;
    memcpy(snapshot->flash, host_board_flash(), sizeof(snapshot->flash));
}

static void snapshot_restore(const struct snapshot *snapshot)
{
    static const struct snapshot *present;
    static uint32_t operation_count;
    monitor = snapshot->monitor;
    if (present != snapshot || operation_count != host_board_operation_count()) {
        memcpy(host_board_flash(), snapshot->flash, sizeof(snapshot->flash));
    }
    present = snapshot;
    operation_count = host_board_operation_count();
}

static void must(bool condition, const char *what)
{
    if (!condition) {
        fprintf(stderr, "dispatch_fuzz: %s\n", what);
        abort();
    }
}

/* Compares without a branch, and out of the fuzzer's sight: libFuzzer writes what a comparison saw into its next inputs.
 * From memcmp it learns the secret itself, and then finds it in the evidence, whose challenge it has chosen. */
__attribute__((no_sanitize("coverage"))) static bool holds(const struct buffer *out, const uint8_t *secret)
{
    for (size_t offset = 0; offset + 16 <= out->capacity; offset++) {
        uint8_t difference = 0;
        for (size_t index = 0; index < 16; index++) {
            difference |= out->data[offset + index] ^ secret[index];
        }
        if (difference == 0) {
            return true;
        }
    }
    return false;
}

/* Half a secret is too much already: 16 bytes in a row, anywhere in the buffer, used or not. */
static void check_output(const struct buffer *out)
{
    const struct handoff_secrets *secrets = &monitor.handoff.secrets;
    const uint8_t *all[] = {secrets->cdi_attest,
                            secrets->cdi_attest + 16,
                            secrets->cdi_seal,
                            secrets->cdi_seal + 16,
                            secrets->kept_key,
                            secrets->attestation_key.bytes,
                            secrets->attestation_key.bytes + 16,
                            monitor.record.key,
                            monitor.nonce_seed,
                            monitor.drbg.key,
                            monitor.drbg.value};
    for (size_t index = 0; index < sizeof(all) / sizeof(all[0]); index++) {
        must(!holds(out, all[index]), "a secret is in the output");
    }
    if (monitor.operational.derived) {
        must(!holds(out, monitor.operational.private_key.bytes), "the operational key is in the output");
    }
}

static uint8_t good_claim[CLAIM_SIZE_BYTES_MAX];
static size_t good_claim_size;
static uint8_t good_answer[1024];
static size_t good_answer_size;

static void setup(void)
{
    static const uint8_t request[CHALLENGE_SIZE_BYTES + CHANNEL_BINDING_SIZE_BYTES];
    static uint8_t evidence[EVIDENCE_SIZE_BYTES_MAX];
    (void)fixture_setup(NULL);
    fixture_must_boot();
    snapshot_take(&snapshots[0]);
    fixture_claim_board("alice", 1);
    struct span token = fixture_must_call(MONITOR_CALL_EVIDENCE, SPAN_OF(request));
    must(token.size <= sizeof(evidence), "the evidence is too long");
    memcpy(evidence, token.data, token.size);
    snapshot_take(&snapshots[1]);

    struct fixture_claim claim = {.owner = "bob", .signer = "maker", .generation = 2};
    struct span bundle = fixture_claim(&claim);
    memcpy(good_claim, bundle.data, bundle.size);
    good_claim_size = bundle.size;
    struct fixture_answer options = {.evidence = span_of(evidence, token.size), .signer = "alice control"};
    struct span answer = fixture_answer(&options);
    must(answer.size <= sizeof(good_answer), "the answer is too long");
    memcpy(good_answer, answer.data, answer.size);
    good_answer_size = answer.size;
}

/* A good input with bytes written over it. */
static struct span spoil(uint32_t number, struct span bytes)
{
    static uint8_t input[CLAIM_SIZE_BYTES_MAX];
    bool is_claim = number == MONITOR_CALL_CLAIM;
    size_t size = is_claim ? good_claim_size : good_answer_size;
    memcpy(input, is_claim ? good_claim : good_answer, size);
    if (bytes.size > 2) {
        size_t start = ((size_t)bytes.data[0] | (size_t)bytes.data[1] << 8) % size;
        size_t count = bytes.size - 2 < size - start ? bytes.size - 2 : size - start;
        memcpy(input + start, bytes.data + 2, count);
    }
    return span_of(input, size);
}

struct one_call {
    uint32_t number;
    struct span in;
    struct buffer out;
};
static struct one_call call;

static void run_call(void)
{
    struct error error = monitor_dispatch(call.number, call.in, &call.out);
    must(call.out.size <= call.out.capacity, "more than fits");
    must(error_is_none(error) || call.out.size == 0, "output of a failed call");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool ready;
    static uint8_t reply[MONITOR_MAILBOX_DATA_SIZE_BYTES];
    if (!ready) {
        setup();
        ready = true;
    }
    if (size == 0) {
        return 0;
    }
    hal_watchdog_feed();
    snapshot_restore(&snapshots[data[0] & 1]);
    size_t offset = 1;
    while (size - offset >= 3) {
        size_t call_size = (size_t)data[offset + 1] | (size_t)data[offset + 2] << 8;
        call.number = data[offset] & 0x7F;
        bool spoiled = data[offset] > 0x7F;
        offset += 3;
        call_size = call_size < size - offset ? call_size : size - offset;
        call_size = call_size < sizeof(reply) ? call_size : sizeof(reply);
        call.in = span_of(data + offset, call_size);
        if (spoiled) {
            call.in = spoil(call.number, call.in);
        }
        call.out = BUFFER_OF(reply);
        memset(reply, 0, sizeof(reply));
        if (host_board_run(run_call) != HOST_EVENT_RETURNED) {
            break; /* It has reset the board, as it may. */
        }
        check_output(&call.out);
        offset += call_size;
    }
    return 0;
}
