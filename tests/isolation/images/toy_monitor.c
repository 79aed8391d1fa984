/* A monitor without keys and flash behind the real gate: the calls that tests of gate, kernel and isolation need. The
 * signature is a real one, so that it takes as long. */
#include "device/monitor/monitor.h"
#include "device/monitor/rescue.h"

#include "crypto/ecdsa_p256.h"
#include "device/abi/memory_map.h"
#include "device/abi/monitor_call.h"
#include "device/hal/console.h"
#include "device/hal/system.h"

#include <string.h>

#define IDENTITY_SIZE_BYTES 47
#define IDENTITY_APP_VERIFIED 43
#define FAULT_SIZE_BYTES_MIN 18 /* the name of the compartment follows */
#define TICKS_PER_REPORT 10
#define ESCALATED 0x45534341u

/* Where a test looks whether secure memory holds; the signing key comes from it. */
uint32_t toy_secret = 0x5EC2E7AA;
volatile uint32_t toy_fault_counts[FAULT_KIND_COUNT + 1];
volatile uint32_t toy_tick_count;
static volatile bool toy_escalated;
static struct ecdsa_p256_private_key key;

static void text(const char *line)
{
    hal_console_write(span_of(line, strlen(line)));
}

static void hex(uint32_t value, uint32_t digit_count)
{
    for (uint32_t digit = digit_count; digit > 0; digit--) {
        hal_console_write(span_of(&"0123456789abcdef"[(value >> (4 * (digit - 1))) & 15], 1));
    }
}

struct error monitor_start(void)
{
    TRY(ecdsa_p256_derive_private(span_of(&toy_secret, sizeof toy_secret), SPAN_OF("toy"), &key));
    text("monitor: start toy\n");
    return ERROR_NONE;
}

void monitor_count_fault(enum fault_kind kind)
{
    toy_fault_counts[kind]++;
}

/* The toy starts whatever stands in memory: there is nothing to rescue. */
void rescue_run(void)
{
}

void monitor_tick(void)
{
    const struct monitor_mailbox *mailbox = (const struct monitor_mailbox *)(uintptr_t)MEMORY_MAILBOX_BASE;
    if (mailbox->reserved[0] == ESCALATED && !toy_escalated) {
        toy_escalated = true;
        text("\ntoy: escalated\n"); /* at once: there may be no more calls */
    }
    toy_tick_count++;
}

/* Counts: from a call and not from the tick, so that lines do not mix. */
static void report_when_due(void)
{
    static uint32_t next_tick = TICKS_PER_REPORT;
    if (toy_tick_count < next_tick) {
        return;
    }
    next_tick = toy_tick_count + TICKS_PER_REPORT;
    text("toy: faults");
    for (uint32_t kind = 1; kind <= FAULT_KIND_COUNT; kind++) {
        text(" ");
        hex(toy_fault_counts[kind], 8);
    }
    text("\n");
}

static uint32_t word_at(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static struct error call_fault(struct span in)
{
    if (in.size < FAULT_SIZE_BYTES_MIN) {
        return ERROR(MONITOR, ARGUMENT);
    }
    text(in.data[0] == FAULT_UNDECLARED ? "monitor: undeclared " : "monitor: fault ");
    hex(in.data[1], 2);
    for (size_t offset = 2; offset < FAULT_SIZE_BYTES_MIN; offset += 4) {
        text(" ");
        hex(word_at(in.data + offset), 8);
    }
    text("\n");
    return ERROR_NONE;
}

/* Checked first and used afterwards, as the monitor does with everything that it is given. */
static struct error call_log(struct span in)
{
    for (size_t index = 0; index < in.size; index++) {
        if (in.data[index] < ' ' || in.data[index] > '~') {
            return ERROR(MONITOR, ARGUMENT);
        }
    }
    text("ns: ");
    hal_console_write(in);
    text("\n");
    return ERROR_NONE;
}

static struct error call_sign(struct span in, struct buffer *out)
{
    struct sha256_digest digest;
    struct ecdsa_p256_signature signature;
    if (in.size != sizeof digest.bytes) {
        return ERROR(MONITOR, ARGUMENT);
    }
    memcpy(digest.bytes, in.data, sizeof digest.bytes);
    TRY(ecdsa_p256_sign(&key, &digest, SPAN_OF(key.bytes), &signature));
    memcpy(out->data, signature.bytes, sizeof signature.bytes);
    out->size = sizeof signature.bytes;
    return ERROR_NONE;
}

/* Not random at all: there are no keys here. */
static struct error call_random(struct span in, struct buffer *out)
{
    static uint32_t state = 1;
    if (in.size != 2 || in.data[0] != 0) {
        return ERROR(MONITOR, ARGUMENT);
    }
    for (size_t index = 0; index < in.data[1]; index++) {
        state = state * 1664525u + 1013904223u;
        out->data[index] = (uint8_t)(state >> 24);
    }
    out->size = in.data[1];
    return ERROR_NONE;
}

/* A statement and a signature over it, both in the reply; between them the time that a key takes. */
static struct error call_statement(struct span in, struct buffer *out)
{
    struct ecdsa_p256_public_key ignored;
    if (in.size != sizeof(struct sha256_digest)) {
        return ERROR(MONITOR, ARGUMENT);
    }
    memcpy(out->data, in.data, in.size);
    out->size = in.size;
    TRY(ecdsa_p256_public_of(&key, &ignored));
    struct sha256_digest digest = sha256_of(span_of(out->data, out->size));
    struct ecdsa_p256_signature signature;
    TRY(ecdsa_p256_sign(&key, &digest, SPAN_OF(key.bytes), &signature));
    memcpy(out->data + out->size, signature.bytes, sizeof signature.bytes);
    out->size += sizeof signature.bytes;
    return ERROR_NONE;
}

/* One object is stored, compartment 0's. */
static struct error call_load(struct span in, struct buffer *out)
{
    if (in.size != 3 || in.data[1] != 0) {
        return ERROR(MONITOR, NOT_FOUND);
    }
    out->data[0] = 's';
    out->size = 1;
    return ERROR_NONE;
}

struct error monitor_dispatch(uint32_t number, struct span in, struct buffer *out)
{
    report_when_due();
    switch (number) {
    case MONITOR_CALL_IDENTITY:
        memset(out->data, 0, IDENTITY_SIZE_BYTES);
        out->data[IDENTITY_APP_VERIFIED] = 1;
        out->size = IDENTITY_SIZE_BYTES;
        return ERROR_NONE;
    case MONITOR_CALL_RANDOM:
        return call_random(in, out);
    case MONITOR_CALL_EVIDENCE:
        return call_statement(in, out);
    case MONITOR_CALL_LOAD:
        return call_load(in, out);
    case MONITOR_CALL_LOG:
        return call_log(in);
    case MONITOR_CALL_FAULT:
        return call_fault(in);
    case MONITOR_CALL_OPERATIONAL_SIGN:
        return call_sign(in, out);
    case MONITOR_CALL_RESET:
        if (in.size != 0) {
            return ERROR(MONITOR, ARGUMENT);
        }
        hal_system_reset();
    default:
        return ERROR(MONITOR, CALL);
    }
}
