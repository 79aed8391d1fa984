/* Updates by patch, and what happens when one comes to nothing. */
#include "device/compartments/agent/agent_report.h"
#include "device/compartments/agent/agent_update_fixture_test.h"
#include "formats/patch/patch_make.h"

static struct patch_workspace workspace;
static uint8_t patch_bytes[FILE_SIZE_BYTES];
static struct span patch_file;

/* What stands before the patch's stream, and how large it is at least when it is asked for. */
static uint32_t patch_head_size(void)
{
    return 12 + (uint32_t)(update_header.keyset.size + update_header.manifest.size) + 4 + 4 + 2 * SHA256_DIGEST_SIZE_BYTES;
}

/* An offer with a patch from base_image, and the replies to its ranges: head, stream. */
static void offer_patch(void)
{
    struct checkin_offer *offer = &result.offers[0];
    struct writer writer;

    writer_init(&writer, patch_bytes, sizeof(patch_bytes));
    const struct patch_label label = {update_header.keyset, update_header.manifest, offer->file_digest};
    assert_error(patch_make(&label, SPAN_OF(base_image),
                            span_of(file + SLOT_HEADER_SIZE_BYTES, IMAGE_SIZE_BYTES), &workspace, &writer),
                 ERROR_CODE_NONE);
    patch_file = writer_span(&writer);
    assert_true(patch_file.size < PATCH_HEAD_SIZE_BYTES_MAX);
    offer->has_patch = true;
    offer->patch = (struct checkin_patch){{{0xCC}}, (uint32_t)patch_file.size, sha256_of(SPAN_OF(base_image))};
}

static size_t reply_patch(size_t index)
{
    uint32_t size = (uint32_t)patch_file.size;
    test_service_range(&replies[index], patch_file, 0, size, size);
    size -= patch_head_size();
    test_service_range(&replies[index + 1], patch_file, patch_head_size(), size, size);
    return index + 2;
}

static void a_patch_makes_the_image_from_what_runs(void **state)
{
    (void)state;
    offer_patch();
    assert_error(run(reply_patch(0)), ERROR_CODE_NONE);
    assert_memory_equal(fake.image, file + SLOT_HEADER_SIZE_BYTES, IMAGE_SIZE_BYTES);
    assert_int_equal(fake.reset_count, 1);
    assert_int_equal(fake.begin_count, 1);
    assert_string_equal(service.requests[1].line, "GET /v1/image/"
                                                  "cc00000000000000000000000000000000000000000000000000000000000000"
                                                  " HTTP/1.1");
    assert_true(test_runtime_logged("update of base to 8: 0 of 5001 bytes stood, patched"));
}

static void a_patch_goes_on_where_the_monitor_says(void **state)
{
    (void)state;
    offer_patch();
    fake.resume_at = 4096;
    memcpy(fake.image, file + SLOT_HEADER_SIZE_BYTES, 4096);
    assert_error(run(reply_patch(0)), ERROR_CODE_NONE);
    assert_memory_equal(fake.image, file + SLOT_HEADER_SIZE_BYTES, IMAGE_SIZE_BYTES);
    assert_in_range(fake.read_count, 0, 905 / PATCH_APPLY_CHUNK_SIZE_BYTES + 3);

    /* All of it stood already: nothing is read or written. */
    memset(&fake, 0, sizeof(fake));
    fake.begin_error = fake.read_error = ERROR_NONE;
    fake.resume_at = IMAGE_SIZE_BYTES;
    assert_error(run(reply_patch(0)), ERROR_CODE_NONE);
    assert_int_equal(fake.read_count, 0);
    assert_int_equal(fake.reset_count, 1);
}

/* The next check-in says why. Then the whole image: what a wrong patch has written is not gone on from, but what the whole
 * image has written is, and the patch is not asked for again. */
static void assert_whole_instead(size_t reply_count, enum error_code code, size_t anew_count)
{
    struct checkin_request request = {0};

    assert_error(run(reply_count), code);
    assert_true(test_runtime_logged("update of base to 8 by patch refused: 0x"));
    assert_int_equal(fake.reset_count, 0);
    agent_report_fill(&request);
    assert_int_equal(request.report_count, 1);
    assert_int_equal(request.reports[0].state, UPDATE_STATE_REFUSED);
    assert_int_equal(request.reports[0].code, code);

    fake.resume_at = anew_count > 0 ? 4096 : 0;
    (void)reply_whole(0);
    assert_error(run(2), ERROR_CODE_NET_CLOSED);
    assert_int_equal(fake.offset, 2048);
    fake.resume_at = 0;
    assert_error(run(reply_whole(0)), ERROR_CODE_NONE);
    assert_int_equal(fake.anew_count, anew_count);
    assert_string_equal(service.requests[0].range, "bytes=0-1419");
    assert_memory_equal(fake.image, file + SLOT_HEADER_SIZE_BYTES, IMAGE_SIZE_BYTES);
    assert_int_equal(fake.reset_count, 1);
}

/* T-04: a patch that makes another image; T-20: one that cannot be read. */
static void an_altered_patch_leads_to_the_whole_image(void **state)
{
    (void)state;
    offer_patch();
    fake.check_digest = true;
    base_image[3000] ^= 1; /* not the base that the patch was made from */
    assert_whole_instead(reply_patch(0), ERROR_CODE_MANIFEST_IMAGE_DIGEST, 1);
}

static void a_patch_that_cannot_be_read_leads_to_the_whole_image(void **state)
{
    (void)state;
    offer_patch();
    patch_bytes[patch_head_size() + 20] ^= 0xFF;
    assert_whole_instead(reply_patch(0), ERROR_CODE_PATCH_STREAM, 1);
}

static void a_patch_for_another_base_or_image_is_not_begun(void **state)
{
    (void)state;
    offer_patch();
    result.offers[0].patch.base_digest.bytes[0] ^= 1;
    uint32_t size = (uint32_t)patch_file.size;
    test_service_range(&replies[0], patch_file, 0, size, size);
    assert_error(run(1), ERROR_CODE_PATCH_BASE);
    assert_int_equal(fake.begin_count, 0);

    memset(&fake, 0, sizeof(fake));
    memset(&patch, 0, sizeof(patch));
    fake.begin_error = fake.read_error = ERROR_NONE;
    offer_patch();
    patch_bytes[patch_head_size() - SHA256_DIGEST_SIZE_BYTES - 1] ^= 1; /* the image's size */
    size = (uint32_t)patch_file.size;
    test_service_range(&replies[0], patch_file, 0, size, size);
    assert_error(run(1), ERROR_CODE_PATCH_STRUCTURE);
    assert_int_equal(fake.begin_count, 0);
    assert_error(run(reply_whole(0)), ERROR_CODE_NONE);
    assert_int_equal(fake.anew_count, 0);
}

static void what_the_service_has_no_more_leads_to_the_whole_image(void **state)
{
    (void)state;
    offer_patch();
    test_service_http(&replies[0], 404, "text/plain", span_of("gone", 4));
    assert_whole_instead(1, ERROR_CODE_HTTP_STATUS, 0);
}

static void a_base_that_cannot_be_read_leads_to_the_whole_image(void **state)
{
    (void)state;
    offer_patch();
    fake.read_error = ERROR(MONITOR, NOT_FOUND);
    assert_error(run(reply_patch(0)), ERROR_CODE_MONITOR_NOT_FOUND);
    assert_error(run(reply_whole(0)), ERROR_CODE_NONE);
    assert_int_equal(fake.anew_count, 1);
    assert_int_equal(fake.reset_count, 1);
}

/* Neither the patch's fault, nor would the whole image fare better. */
static void a_lost_connection_or_a_busy_monitor_is_not_the_patchs_fault(void **state)
{
    (void)state;
    offer_patch();
    fake.begin_error = ERROR(MONITOR, STATE);
    (void)reply_patch(0);
    assert_error(run(1), ERROR_CODE_NONE);
    assert_int_equal(fake.begin_count, 1);
    assert_true(test_runtime_logged("update of base to 8 refused: 0x0c06"));
    fake.begin_error = ERROR_NONE;
    assert_error(run(1), ERROR_CODE_NET_CLOSED);
    assert_true(agent_patch_is_wanted(&patch, &result.offers[0]));
    assert_error(run(reply_patch(0)), ERROR_CODE_NONE);
    assert_int_equal(fake.reset_count, 1);
    assert_int_equal(fake.anew_count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_patch_makes_the_image_from_what_runs, update_before_each),
        cmocka_unit_test_setup(a_patch_goes_on_where_the_monitor_says, update_before_each),
        cmocka_unit_test_setup(an_altered_patch_leads_to_the_whole_image, update_before_each),
        cmocka_unit_test_setup(a_patch_that_cannot_be_read_leads_to_the_whole_image, update_before_each),
        cmocka_unit_test_setup(a_patch_for_another_base_or_image_is_not_begun, update_before_each),
        cmocka_unit_test_setup(what_the_service_has_no_more_leads_to_the_whole_image, update_before_each),
        cmocka_unit_test_setup(a_base_that_cannot_be_read_leads_to_the_whole_image, update_before_each),
        cmocka_unit_test_setup(a_lost_connection_or_a_busy_monitor_is_not_the_patchs_fault, update_before_each),
    };
    return cmocka_run_group_tests(tests, update_set_up, update_tear_down);
}
