/* The fault table: whatever is wrong with an update has an error of its own, from the call, on the console and in the
 * status, and no flash is touched before everything that is signed was verified (T-04, T-05). */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/reader.h"
#include "base/writer.h"
#include "device/boards/host/host_board.h"
#include "device/hal/counter.h"
#include "device/monitor/allowance.h"
#include "device/monitor/update_fixture_test.h"

#define SEQUENCE 6

/* What is done to the request after it was put together. */
enum damage {
    DAMAGE_NONE,
    KEYSET_LAST_BIT,
    KEYSET_FIRST_BIT,
    KEYSET_CUT,
    KEYSET_TRAILING,
    MANIFEST_LAST_OF_SIGNATURE,
    MANIFEST_LAST_BIT,
    MANIFEST_FIRST_BIT,
    MANIFEST_CUT,
    MANIFEST_TRAILING,
};

struct fault {
    const char *name;
    struct fixture_image change; /* fields that are not zero replace those of a good image */
    enum damage damage;
    enum error_code error;
    bool unreadable; /* nobody can tell of which component it is */
};

static const struct fault faults[] = {
    {"another maker's key set", {.root = "stranger"}, DAMAGE_NONE, ERROR_CODE_KEYSET_ROOT, false},
    {"older key set", {.generation = 1}, DAMAGE_NONE, ERROR_CODE_KEYSET_GENERATION, false},
    {"flipped bit in the key set's signature", {0}, KEYSET_LAST_BIT, ERROR_CODE_KEYSET_SIGNATURE, false},
    {"flipped bit in the key set's head", {0}, KEYSET_FIRST_BIT, ERROR_CODE_COSE_STRUCTURE, false},
    {"key set cut short", {0}, KEYSET_CUT, ERROR_CODE_CBOR_TRUNCATED, false},
    {"bytes behind the key set", {0}, KEYSET_TRAILING, ERROR_CODE_CBOR_TRAILING, false},
    {"key that is not in the set", {.manifest_signer = "stranger"}, DAMAGE_NONE, ERROR_CODE_MANIFEST_SIGNER, false},
    {"flipped bit in the manifest's signature", {0}, MANIFEST_LAST_OF_SIGNATURE, ERROR_CODE_MANIFEST_SIGNATURE, false},
    {"flipped bit in the manifest", {0}, MANIFEST_LAST_BIT, ERROR_CODE_MANIFEST_DIGEST, true},
    {"flipped bit in the manifest's head", {0}, MANIFEST_FIRST_BIT, ERROR_CODE_MANIFEST_STRUCTURE, true},
    {"manifest cut short", {0}, MANIFEST_CUT, ERROR_CODE_CBOR_TRUNCATED, true},
    {"bytes behind the manifest", {0}, MANIFEST_TRAILING, ERROR_CODE_CBOR_TRAILING, true},
    {"another vendor", {.vendor_flip = 1}, DAMAGE_NONE, ERROR_CODE_MANIFEST_VENDOR, false},
    {"another class", {.class_flip = 1}, DAMAGE_NONE, ERROR_CODE_MANIFEST_CLASS, false},
    {"an app under the maker's keys", {.component = COMPONENT_APP}, DAMAGE_NONE, ERROR_CODE_KEYSET_ROOT, false},
    {"what runs already", {.sequence = 5}, DAMAGE_NONE, ERROR_CODE_MANIFEST_ROLLBACK, false},
    {"older than what runs", {.sequence = 4}, DAMAGE_NONE, ERROR_CODE_MANIFEST_ROLLBACK, false},
    {"below the key set's floor", {.sequence_min = 7}, DAMAGE_NONE, ERROR_CODE_MANIFEST_ROLLBACK, false},
    {"larger than the slot", {.size_added = 0x60000}, DAMAGE_NONE, ERROR_CODE_MANIFEST_SIZE, false},
};

static struct fixture_image faulty_image(const struct fixture_image *change)
{
    struct fixture_image image = update_fixture_image(COMPONENT_BASE, SEQUENCE);
    image.generation = change->generation != 0 ? change->generation : 2;
    image.component = change->component != 0 ? change->component : image.component;
    image.sequence = change->sequence != 0 ? change->sequence : image.sequence;
    image.root = change->root != NULL ? change->root : image.root;
    image.manifest_signer = change->manifest_signer;
    image.sequence_min = change->sequence_min;
    image.size_added = change->size_added;
    image.vendor_flip = change->vendor_flip;
    image.class_flip = change->class_flip;
    return image;
}

/* The last byte of the envelope's signature: the second byte string of 64 bytes, behind the key that signed. */
static size_t signature_end(const uint8_t *envelope, size_t size_bytes)
{
    static const uint8_t head[] = {0x58, 0x40};
    const uint8_t *key = memmem(envelope, size_bytes, head, sizeof(head));
    assert_non_null(key);
    const uint8_t *signature = memmem(key + 66, size_bytes - (size_t)(key + 66 - envelope), head, sizeof(head));
    assert_non_null(signature);
    return (size_t)(signature - envelope) + 65;
}

static struct span damaged_request(struct span file, enum damage damage)
{
    static uint8_t bytes[MONITOR_MAILBOX_DATA_SIZE_BYTES];
    uint8_t parts[2][1024] = {{0}};
    size_t sizes[2];
    struct slot_header header;
    struct writer writer;
    fixture_expect_none(slot_header_parse(span_of(file.data, SLOT_HEADER_SIZE_BYTES), &header));
    sizes[0] = header.keyset.size;
    sizes[1] = header.manifest.size;
    memcpy(parts[0], header.keyset.data, sizes[0]);
    memcpy(parts[1], header.manifest.data, sizes[1]);
    size_t part = damage >= MANIFEST_LAST_OF_SIGNATURE ? 1 : 0;
    if (damage == KEYSET_LAST_BIT || damage == MANIFEST_LAST_BIT) {
        parts[part][sizes[part] - 1] ^= 1;
    } else if (damage == KEYSET_FIRST_BIT || damage == MANIFEST_FIRST_BIT) {
        parts[part][0] ^= 1;
    } else if (damage == MANIFEST_LAST_OF_SIGNATURE) {
        parts[part][signature_end(parts[part], sizes[part])] ^= 1;
    } else if (damage == KEYSET_CUT || damage == MANIFEST_CUT) {
        sizes[part]--;
    } else if (damage == KEYSET_TRAILING || damage == MANIFEST_TRAILING) {
        sizes[part]++;
    }
    writer_init(&writer, bytes, sizeof(bytes));
    for (part = 0; part < 2; part++) {
        writer_u16(&writer, (uint16_t)sizes[part]);
        writer_bytes(&writer, span_of(parts[part], sizes[part]));
    }
    return writer_span(&writer);
}

static void expect_told(const struct fault *fault, const struct fixture_image *image)
{
    char line[64];
    if (fault->unreadable) {
        (void)snprintf(line, sizeof(line), "monitor: update refused 0x%04x\n", (unsigned)fault->error);
    } else {
        (void)snprintf(line, sizeof(line), "monitor: %s %u refused 0x%04x\n", component_name(image->component),
                       (unsigned)image->sequence, (unsigned)fault->error);
        struct update_report report = update_fixture_status(image->component);
        assert_int_equal(report.state, UPDATE_STATE_REFUSED);
        assert_int_equal(report.sequence, image->sequence);
        assert_int_equal(report.code, fault->error);
    }
    assert_true(fixture_console_has(line));
}

static void each_fault_has_its_error(void **state)
{
    (void)state;
    fixture_expect_none(hal_counter_raise(HAL_COUNTER_RELEASE_GENERATION, 1));
    fixture_must_boot();
    fixture_claim_board("alice", 1);
    fixture_expect_none(hal_counter_raise(HAL_COUNTER_RELEASE_GENERATION, 2));
    for (size_t index = 0; index < sizeof(faults) / sizeof(faults[0]); index++) {
        struct fixture_image image = faulty_image(&faults[index].change);
        struct span request = damaged_request(update_fixture_file_of(&image), faults[index].damage);
        fixture_advance(ALLOWANCE_REFILL_MS);
        uint32_t operations = host_board_operation_count();
        struct error error = fixture_call(MONITOR_CALL_UPDATE_BEGIN, request).error;
        if (!error_is(error, faults[index].error)) {
            fail_msg("%s: %s", faults[index].name, error_name(error));
        }
        fixture_expect_error(update_fixture_finish(), ERROR_CODE_MONITOR_STATE);
        assert_int_equal(host_board_operation_count(), operations);
        expect_told(&faults[index], &image);
    }
    /* A good one is taken, and what was refused before is of the past. */
    struct fixture_image image = faulty_image(&(struct fixture_image){0});
    update_fixture_must_update(update_fixture_file_of(&image));
    assert_int_equal(update_fixture_status(COMPONENT_BASE).state, UPDATE_STATE_WAITING);
}

static void a_flipped_bit_anywhere_in_the_image_is_the_outcome_of_the_update(void **state)
{
    (void)state;
    fixture_must_boot();
    for (size_t offset = 0; offset < UPDATE_FIXTURE_CONTENT_SIZE_BYTES; offset += 449) {
        struct fixture_image image = update_fixture_image(COMPONENT_BASE, SEQUENCE);
        struct span file = update_fixture_file_of(&image);
        update_fixture_file[SLOT_HEADER_SIZE_BYTES + offset] ^= (uint8_t)(1u << offset % 8);
        fixture_advance(ALLOWANCE_REFILL_MS);
        update_fixture_write_rest(file, update_fixture_must_begin(file), UPDATE_FIXTURE_CONTENT_SIZE_BYTES);
        fixture_expect_error(update_fixture_finish(), ERROR_CODE_MANIFEST_IMAGE_DIGEST);
        assert_true(fixture_console_has("monitor: base 6 refused 0x030b\n"));
    }
    /* It outlives the boot. */
    fixture_must_boot();
    assert_true(fixture_console_has("monitor: base a 5 "));
    struct update_report report = update_fixture_status(COMPONENT_BASE);
    assert_int_equal(report.state, UPDATE_STATE_REFUSED);
    assert_int_equal(report.code, ERROR_CODE_MANIFEST_IMAGE_DIGEST);
    assert_int_equal(report.sequence, SEQUENCE);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
    const struct CMUnitTest tests[] = {
        TEST(each_fault_has_its_error),
        TEST(a_flipped_bit_anywhere_in_the_image_is_the_outcome_of_the_update),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
