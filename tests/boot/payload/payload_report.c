/* Prints the hand-over without its secrets, confirms the boot in the record and stays, feeding the watchdog. */
#include "device/abi/handoff.h"
#include "device/hal/console.h"
#include "device/hal/memory.h"
#include "device/hal/watchdog.h"
#include "device/secure/boot_record.h"
#include "tests/boot/payload/payload.h"

static void text_print(const char *text)
{
    size_t size = 0;
    while (text[size] != '\0') {
        size++;
    }
    hal_console_write(span_of(text, size));
}

static void bytes_print(const char *name, struct span bytes)
{
    static const char digits[] = "0123456789abcdef";
    text_print("payload: ");
    text_print(name);
    text_print(" ");
    for (size_t index = 0; index < bytes.size; index++) {
        const char pair[2] = {digits[bytes.data[index] >> 4], digits[bytes.data[index] & 15u]};
        hal_console_write(SPAN_OF(pair));
    }
    text_print("\n");
}

static void number_print(const char *name, uint32_t value)
{
    const uint8_t bytes[4] = {(uint8_t)(value >> 24), (uint8_t)(value >> 16), (uint8_t)(value >> 8), (uint8_t)value};
    bytes_print(name, SPAN_OF(bytes));
}

static void handoff_print(const struct handoff *handoff)
{
    number_print("magic", handoff->magic);
    number_print("epoch", handoff->epoch);
    number_print("boot-count", handoff->boot_count);
    number_print("slot", handoff->monitor_slot);
    number_print("sequence", handoff->monitor_sequence);
    number_print("generation", handoff->release_generation);
    number_print("error-a", handoff->slot_errors[0]);
    number_print("error-b", handoff->slot_errors[1]);
    bytes_print("ueid", SPAN_OF(handoff->ueid.bytes));
    bytes_print("digest", SPAN_OF(handoff->monitor_digest.bytes));
    bytes_print("attestation-key", SPAN_OF(handoff->attestation_public_key.bytes));
    bytes_print("certificate",
                span_of(handoff->attestation_certificate, handoff->attestation_certificate_size_bytes));
}

/* The record must be intact here; its count is the one in the hand-over. */
static void boot_confirm(const struct handoff *handoff)
{
    struct boot_record record;
    struct error error = boot_record_open(&record, handoff->secrets.record_key);
    number_print("record", error.code);
    number_print("record-boot-count", record.state.boot_count);
    record.state.attempt_count[COMPONENT_MONITOR] = 0;
    error = boot_record_store(&record);
    number_print("confirmed", error.code);
}

void payload_main(void)
{
    const struct handoff *handoff = hal_memory_handoff();
    handoff_print(handoff);
    boot_confirm(handoff);
    text_print("payload: done\n");
    for (;;) {
        hal_watchdog_feed();
    }
}
