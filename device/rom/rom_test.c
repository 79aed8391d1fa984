/* The ROM on the host board: what boots, what is refused and why, what an ordinary boot saves, what a power cut leaves.
 * T-04, T-05, T-07, T-13, T-16. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "device/abi/flash_map.h"
#include "device/boards/host/host_board.h"
#include "device/hal/counter.h"
#include "device/hal/flash.h"
#include "device/hal/memory.h"
#include "device/rom/rom.h"
#include "device/secure/boot_record.h"
#include "tests/boot/slot_builder.h"

#define SLOT_A 0
#define SLOT_B 1

static uint8_t image_a[3000];
static uint8_t image_b[5001];
static uint8_t seed[32];
static uint8_t slot_bytes[SLOT_HEADER_SIZE_BYTES + sizeof(image_b)];

static void must(struct error error)
{
    assert_string_equal(error_name(error), "NONE");
}

static int board_setup(void **state)
{
    (void)state;
    struct host_board_config config = {.console_fd = -1};
    struct writer fuses;
    memset(config.uds, 0x55, sizeof(config.uds));
    writer_init(&fuses, config.fuses, sizeof(config.fuses));
    slot_build_fuses(false, &fuses);
    memset(image_a, 0xA1, sizeof(image_a));
    memset(image_b, 0xB2, sizeof(image_b));
    memset(seed, 1, sizeof(seed));
    assert_true(host_board_open(&config));
    return 0;
}

static int board_teardown(void **state)
{
    (void)state;
    host_board_close();
    return 0;
}

static void slot_put(uint32_t slot_index, const struct slot_recipe *recipe, struct span image)
{
    struct writer out;
    writer_init(&out, slot_bytes, sizeof(slot_bytes));
    slot_build(recipe, image, &out);
    uint8_t *slot = host_board_flash() + slot_offset_bytes(COMPONENT_MONITOR, slot_index);
    memset(slot, 0xFF, FLASH_MONITOR_SLOT_SIZE);
    memcpy(slot, out.data, out.size);
}

static void slots_put_good(void)
{
    struct slot_recipe recipe = SLOT_RECIPE_GOOD;
    slot_put(SLOT_A, &recipe, SPAN_OF(image_a));
    recipe.sequence = 2;
    slot_put(SLOT_B, &recipe, SPAN_OF(image_b));
}

static void rom_program(void)
{
    rom_boot();
}

static enum host_event boot(void)
{
    seed[0]++;
    host_board_power_on(seed);
    return host_board_run(rom_program);
}

static bool console_has(const char *text)
{
    struct span console = host_board_console();
    return memmem(console.data, console.size, text, strlen(text)) != NULL;
}

/* What the monitor does when the non-secure world runs. */
static void confirm(void)
{
    struct boot_record record;
    must(boot_record_open(&record, hal_memory_handoff()->secrets.record_key));
    record.state.attempt_count[COMPONENT_MONITOR] = 0;
    must(boot_record_store(&record));
}

static void good_slot_boots_with_its_hand_over(void **state)
{
    (void)state;
    slots_put_good();
    assert_int_equal(boot(), HOST_EVENT_STARTED);
    assert_true(console_has("rom: record 0x0b04\n"));
    assert_true(console_has("rom: boot 1 epoch 0\n"));
    assert_true(console_has("rom: device-id "));
    assert_true(console_has("rom: monitor a 1 "));
    struct buffer area = hal_memory_image_area(COMPONENT_MONITOR);
    assert_memory_equal(area.data, image_a, sizeof(image_a));
    for (size_t index = sizeof(image_a); index < area.capacity; index++) {
        assert_int_equal(area.data[index], 0);
    }
    const struct handoff *handoff = hal_memory_handoff();
    struct sha256_digest digest = sha256_of(SPAN_OF(image_a));
    assert_int_equal(handoff->magic, HANDOFF_MAGIC);
    assert_int_equal(handoff->size_bytes, sizeof(*handoff));
    assert_int_equal(handoff->boot_count, 1);
    assert_int_equal(handoff->release_generation, 1);
    assert_memory_equal(&handoff->monitor_digest, &digest, sizeof(digest));
    assert_int_equal(handoff->slot_errors[0], ERROR_CODE_NONE);
    assert_int_equal(handoff->slot_errors[1], ERROR_CODE_NONE);
    struct ecdsa_p256_public_key public_key;
    must(ecdsa_p256_public_of(&handoff->secrets.attestation_key, &public_key));
    assert_memory_equal(&public_key, &handoff->attestation_public_key, sizeof(public_key));
}

static void certificate_says_what_was_measured_and_verifies(void **state)
{
    (void)state;
    slots_put_good();
    assert_int_equal(boot(), HOST_EVENT_STARTED);
    const struct handoff *handoff = hal_memory_handoff();
    struct attestation_certificate certificate;
    struct sha256_digest digest;
    struct ecdsa_p256_signature signature;
    must(attestation_certificate_parse(
        span_of(handoff->attestation_certificate, handoff->attestation_certificate_size_bytes), &certificate,
        &digest, &signature));
    assert_memory_equal(&certificate.monitor_digest, &handoff->monitor_digest, sizeof(struct sha256_digest));
    assert_memory_equal(&certificate.ueid, &handoff->ueid, sizeof(struct ueid));
    assert_int_equal(certificate.epoch, 0);
    /* DeviceID's public key is on the console, for the factory. */
    struct span console = host_board_console();
    const char *line = memmem(console.data, console.size, "device-id ", 10);
    assert_non_null(line);
    struct ecdsa_p256_public_key device_id;
    for (size_t index = 0; index < sizeof(device_id.bytes); index++) {
        char digits[3] = {line[10 + 2 * index], line[11 + 2 * index], 0};
        device_id.bytes[index] = (uint8_t)strtoul(digits, NULL, 16);
    }
    must(ecdsa_p256_verify(&device_id, &digest, &signature));
}

/* One refusal each: slot A is bad in one way, slot B is good and boots. */
static void bad_slots_are_refused_with_their_codes(void **state)
{
    (void)state;
    struct slot_case {
        const char *line;
        struct slot_recipe recipe;
    } cases[8];
    static const char *const lines[8] = {"0x0302", "0x0304", "0x0402", "0x0404", "0x0309", "0x0306", "0x0307", "0x0308"};
    for (size_t index = 0; index < 8; index++) {
        cases[index] = (struct slot_case){lines[index], SLOT_RECIPE_GOOD};
    }
    cases[0].recipe.is_unsigned = true;
    cases[1].recipe.signer = "stranger";
    cases[2].recipe.root = "stranger";
    cases[3].recipe.kind = KEYSET_APP;
    cases[4].recipe.sequence_min = 7;
    cases[5].recipe.vendor = 0x12;
    cases[6].recipe.device_class = 0x23;
    cases[7].recipe.component = COMPONENT_BASE;
    for (size_t index = 0; index < sizeof(cases) / sizeof(cases[0]); index++) {
        memset(host_board_flash(), 0xFF, FLASH_PROVISIONING_OFFSET);
        slots_put_good();
        slot_put(SLOT_A, &cases[index].recipe, SPAN_OF(image_a));
        assert_int_equal(boot(), HOST_EVENT_STARTED);
        char line[32];
        (void)snprintf(line, sizeof(line), "rom: slot a %s\n", cases[index].line);
        assert_true(console_has(line));
        assert_true(console_has("rom: monitor b 2 "));
        assert_int_equal(hal_memory_handoff()->monitor_slot, SLOT_B);
        assert_int_not_equal(hal_memory_handoff()->slot_errors[SLOT_A], ERROR_CODE_NONE);
    }
}

/* T-04: any bit of header or image; every 37th here. */
static void flipped_bit_is_refused(void **state)
{
    (void)state;
    struct slot_recipe recipe = SLOT_RECIPE_GOOD;
    slot_put(SLOT_A, &recipe, SPAN_OF(image_a));
    uint8_t *slot = host_board_flash() + slot_offset_bytes(COMPONENT_MONITOR, SLOT_A);
    for (size_t bit = 0; bit < (SLOT_HEADER_SIZE_BYTES + sizeof(image_a)) * 8; bit += 37 * 8 + 1) {
        slot[bit / 8] ^= (uint8_t)(1u << bit % 8);
        memset(host_board_flash(), 0xFF, FLASH_PROVISIONING_OFFSET);
        assert_int_equal(boot(), HOST_EVENT_WATCHDOG);
        assert_true(console_has("rom: slot a 0x"));
        assert_true(console_has("rom: slot b 0x0b01\n"));
        assert_true(console_has("rom: halt 0x0b03\n"));
        slot[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    assert_int_equal(boot(), HOST_EVENT_STARTED);
}

/* The same with a receipt in place: what was verified once is not believed when it has changed. */
static void receipt_does_not_cover_altered_bytes(void **state)
{
    (void)state;
    slots_put_good();
    assert_int_equal(boot(), HOST_EVENT_STARTED);
    confirm();
    uint8_t *slot = host_board_flash() + slot_offset_bytes(COMPONENT_MONITOR, SLOT_A);
    for (size_t offset = 16; offset < SLOT_HEADER_SIZE_BYTES + sizeof(image_a); offset += 97) {
        uint8_t record_and_counters[FLASH_RECEIPT_OFFSET];
        memcpy(record_and_counters, host_board_flash(), sizeof(record_and_counters));
        slot[offset] ^= 4;
        assert_int_equal(boot(), HOST_EVENT_STARTED);
        assert_int_equal(hal_memory_handoff()->monitor_slot, SLOT_B);
        slot[offset] ^= 4;
        memcpy(host_board_flash(), record_and_counters, sizeof(record_and_counters));
    }
}

/* T-05: the generation counter is a floor, receipt or not. */
static void key_set_below_the_generation_counter_is_refused(void **state)
{
    (void)state;
    slots_put_good();
    assert_int_equal(boot(), HOST_EVENT_STARTED);
    struct slot_recipe recipe = SLOT_RECIPE_GOOD;
    recipe.generation = 2;
    slot_put(SLOT_B, &recipe, SPAN_OF(image_b));
    must(hal_counter_raise(HAL_COUNTER_RELEASE_GENERATION, 2));
    assert_int_equal(boot(), HOST_EVENT_STARTED);
    assert_true(console_has("rom: slot a 0x0405\n"));
    assert_true(console_has("rom: monitor b 1 "));
}

/* T-05: the counter goes where the record asks, and never above what the maker has signed for the monitor that runs. */
static void generation_counter_is_raised_on_request_only_as_far_as_signed(void **state)
{
    static const struct {
        uint32_t requested;
        uint32_t counter;
    } cases[] = {{0, 0}, {9, 0}, {5, 5}, {5, 5}, {7, 7}, {6, 7}, {8, 7}};
    (void)state;
    struct slot_recipe recipe = SLOT_RECIPE_GOOD;
    recipe.generation = 7;
    slot_put(SLOT_A, &recipe, SPAN_OF(image_a));
    assert_int_equal(boot(), HOST_EVENT_STARTED);
    for (size_t index = 0; index < sizeof(cases) / sizeof(cases[0]); index++) {
        struct boot_record record;
        must(boot_record_open(&record, hal_memory_handoff()->secrets.record_key));
        record.state.attempt_count[COMPONENT_MONITOR] = 0;
        record.state.generation_requested = cases[index].requested;
        must(boot_record_store(&record));
        assert_int_equal(boot(), HOST_EVENT_STARTED);
        uint32_t counter;
        must(hal_counter_read(HAL_COUNTER_RELEASE_GENERATION, &counter));
        assert_int_equal(counter, cases[index].counter);
    }
}

static void ordinary_boot_repeats_nothing_and_gives_the_same_keys(void **state)
{
    (void)state;
    slots_put_good();
    assert_int_equal(boot(), HOST_EVENT_STARTED);
    struct handoff first = *hal_memory_handoff();
    confirm();
    assert_int_equal(boot(), HOST_EVENT_STARTED);
    struct handoff *second = hal_memory_handoff();
    /* A certificate made anew would have another signature. */
    assert_memory_equal(first.attestation_certificate, second->attestation_certificate,
                        sizeof(first.attestation_certificate));
    assert_memory_equal(&first.secrets.attestation_key, &second->secrets.attestation_key, 32);
    assert_memory_equal(first.secrets.cdi_seal, second->secrets.cdi_seal, 32);
    assert_memory_not_equal(first.secrets.seed, second->secrets.seed, 32);
    assert_int_equal(second->boot_count, 2);
}

/* T-13: the same seed, the same key and the same certificate, signed in two boots. */
static void repeated_seed_gives_another_nonce(void **state)
{
    (void)state;
    uint8_t r[2][32];
    slots_put_good();
    for (int turn = 0; turn < 2; turn++) {
        memset(host_board_flash() + FLASH_RECEIPT_OFFSET, 0xFF, FLASH_RECEIPT_SIZE);
        host_board_power_on(seed);
        assert_int_equal(host_board_run(rom_program), HOST_EVENT_STARTED);
        struct handoff *handoff = hal_memory_handoff();
        struct attestation_certificate certificate;
        struct sha256_digest digest;
        struct ecdsa_p256_signature signature;
        must(attestation_certificate_parse(
            span_of(handoff->attestation_certificate, handoff->attestation_certificate_size_bytes), &certificate,
            &digest, &signature));
        memcpy(r[turn], signature.bytes, 32);
    }
    assert_memory_not_equal(r[0], r[1], 32);
}

/* T-16 */
static void slot_that_never_confirms_is_given_up(void **state)
{
    (void)state;
    slots_put_good();
    for (int attempt = 0; attempt < BOOT_RECORD_ATTEMPT_COUNT_MAX; attempt++) {
        assert_int_equal(boot(), HOST_EVENT_STARTED);
        assert_int_equal(hal_memory_handoff()->monitor_slot, SLOT_A);
    }
    assert_int_equal(boot(), HOST_EVENT_STARTED);
    assert_true(console_has("rom: slot a 0x0b02\n"));
    assert_int_equal(hal_memory_handoff()->monitor_slot, SLOT_B);
    assert_int_equal(hal_memory_handoff()->slot_errors[SLOT_A], ERROR_CODE_BOOT_ATTEMPTS);
    confirm();
    for (int round = 0; round < 5; round++) {
        assert_int_equal(boot(), HOST_EVENT_STARTED);
        assert_int_equal(hal_memory_handoff()->monitor_slot, SLOT_B);
        confirm();
    }
}

/* T-07: power that fails before every confirmation costs no boot. */
static void both_slots_given_up_get_their_attempts_back(void **state)
{
    (void)state;
    slots_put_good();
    for (int start = 0; start < 5 * BOOT_RECORD_ATTEMPT_COUNT_MAX; start++) {
        assert_int_equal(boot(), HOST_EVENT_STARTED);
    }
    assert_int_equal(hal_memory_handoff()->boot_count, 5 * BOOT_RECORD_ATTEMPT_COUNT_MAX);
}

static void requested_epoch_changes_every_key_but_device_id(void **state)
{
    (void)state;
    slots_put_good();
    assert_int_equal(boot(), HOST_EVENT_STARTED);
    struct handoff first = *hal_memory_handoff();
    struct boot_record record;
    must(boot_record_open(&record, first.secrets.record_key));
    record.state.epoch_requested = 1;
    must(boot_record_store(&record));
    assert_int_equal(boot(), HOST_EVENT_STARTED);
    assert_true(console_has("rom: boot 2 epoch 1\n"));
    struct handoff *second = hal_memory_handoff();
    assert_int_equal(second->epoch, 1);
    assert_memory_equal(&second->ueid, &first.ueid, sizeof(first.ueid));
    assert_memory_equal(second->secrets.kept_key, first.secrets.kept_key, 32);
    assert_memory_not_equal(second->secrets.cdi_attest, first.secrets.cdi_attest, 32);
    assert_memory_not_equal(second->secrets.cdi_seal, first.secrets.cdi_seal, 32);
    assert_memory_not_equal(second->secrets.record_key, first.secrets.record_key, 32);
    assert_memory_not_equal(&second->attestation_public_key, &first.attestation_public_key, 64);
    /* Asked for once, done once. */
    assert_int_equal(boot(), HOST_EVENT_STARTED);
    assert_true(console_has("rom: boot 3 epoch 1\n"));
}

static void missing_secrets_or_fuses_halt(void **state)
{
    (void)state;
    static const uint8_t none[32] = {0};
    slots_put_good();
    host_board_power_on(none);
    assert_int_equal(host_board_run(rom_program), HOST_EVENT_WATCHDOG);
    assert_true(console_has("rom: halt 0x0b07\n"));
}

/* T-07: three starts that verify, step the epoch and give a slot up, each cut at every operation. */
static void power_cut_anywhere_still_boots(void **state)
{
    (void)state;
    static uint8_t before[FLASH_PROVISIONING_OFFSET];
    slots_put_good();
    uint32_t boot_count = 0;
    for (uint32_t start = 0; start < 3; start++) {
        if (start == 1) {
            struct boot_record record;
            must(boot_record_open(&record, hal_memory_handoff()->secrets.record_key));
            record.state.epoch_requested = 1;
            record.state.attempt_count[COMPONENT_MONITOR] = BOOT_RECORD_ATTEMPT_COUNT_MAX;
            must(boot_record_store(&record));
        }
        memcpy(before, host_board_flash(), sizeof(before));
        bool cut = true;
        for (uint32_t operation = 0; cut; operation += operation < 24 ? 1 : 23) {
            for (int kind = 0; kind < HOST_CUT_COUNT; kind++) {
                memcpy(host_board_flash(), before, sizeof(before));
                host_board_power_on(seed);
                host_board_cut_power(operation, (enum host_cut)kind);
                cut = host_board_run(rom_program) == HOST_EVENT_POWER_CUT;
                assert_int_equal(boot(), HOST_EVENT_STARTED);
                assert_in_range(hal_memory_handoff()->boot_count, boot_count + 1, boot_count + 2);
                assert_int_equal(hal_memory_handoff()->epoch, start > 0 ? 1 : 0);
            }
        }
        confirm();
        boot_count = hal_memory_handoff()->boot_count;
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, board_setup, board_teardown)
    const struct CMUnitTest tests[] = {
        TEST(good_slot_boots_with_its_hand_over),
        TEST(certificate_says_what_was_measured_and_verifies),
        TEST(bad_slots_are_refused_with_their_codes),
        TEST(flipped_bit_is_refused),
        TEST(receipt_does_not_cover_altered_bytes),
        TEST(key_set_below_the_generation_counter_is_refused),
        TEST(generation_counter_is_raised_on_request_only_as_far_as_signed),
        TEST(ordinary_boot_repeats_nothing_and_gives_the_same_keys),
        TEST(repeated_seed_gives_another_nonce),
        TEST(slot_that_never_confirms_is_given_up),
        TEST(both_slots_given_up_get_their_attempts_back),
        TEST(requested_epoch_changes_every_key_but_device_id),
        TEST(missing_secrets_or_fuses_halt),
        TEST(power_cut_anywhere_still_boots),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
