/* Updates as the agent fetches them, whole and as patches: from a scripted service over real TLS, for a scripted monitor. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/reader.h"
#include "base/writer.h"
#include "device/abi/slot.h"
#include "device/compartments/agent/agent_settings.h"
#include "device/compartments/agent/agent_update.h"
#include "formats/patch/patch_make.h"
#include "tests/device/support/test_runtime.h"
#include "tests/device/support/test_service.h"

#define HEAP_SIZE_BYTES (48 * 1024)
#define IMAGE_SIZE_BYTES 5001
#define BASE_SIZE_BYTES 6000
#define HEADER_SIZE_BYTES 1420 /* the largest key set and manifest, and their sizes */
#define FILE_SIZE_BYTES (SLOT_HEADER_SIZE_BYTES + IMAGE_SIZE_BYTES)

static uint8_t heap[HEAP_SIZE_BYTES] __attribute__((aligned(16)));
static uint8_t memory[AGENT_EXCHANGE_SIZE_BYTES];
static uint8_t file[FILE_SIZE_BYTES];
static const uint8_t keyset[] = "key set";
static const uint8_t manifest[] = "manifest of the image";
static struct test_pki pki;
static struct agent_checkin checkin;
static struct agent_identity identity;
static struct test_service service;
static struct test_service_reply replies[TEST_SERVICE_REQUEST_COUNT_MAX];
static struct agent_checkin_result result;
static struct agent_patch patch;
static struct patch_workspace workspace;
static uint8_t base_image[BASE_SIZE_BYTES]; /* what runs */
static uint8_t patch_bytes[FILE_SIZE_BYTES];
static struct span patch_file;

/* What the scripted monitor saw and does. */
static struct {
    struct error begin_error;
    uint32_t resume_at;
    size_t begin_count;
    uint32_t offset;
    uint8_t image[IMAGE_SIZE_BYTES];
    bool finished;
    size_t reset_count;
    size_t anew_count;
    size_t read_count;
    bool check_digest; /* as the monitor does at the end */
    struct error read_error;
} fake;

static struct error begin(struct span request, struct buffer *reply)
{
    struct reader reader;
    struct writer writer;

    fake.begin_count++;
    reader_init(&reader, request);
    assert_true(span_equal(reader_take(&reader, reader_u16(&reader)), SPAN_OF(keyset)));
    assert_true(span_equal(reader_take(&reader, reader_u16(&reader)), SPAN_OF(manifest)));
    bool anew = reader_remaining(&reader) > 0;
    if (anew) {
        assert_int_equal(reader_u8(&reader), MONITOR_UPDATE_ANEW);
        assert_int_equal(reader_remaining(&reader), 0);
        fake.anew_count++;
    }
    if (!error_is_none(fake.begin_error)) {
        return fake.begin_error;
    }
    fake.offset = anew ? 0 : fake.resume_at;
    writer_init(&writer, reply->data, reply->capacity);
    writer_u32(&writer, fake.offset);
    writer_u32(&writer, IMAGE_SIZE_BYTES);
    reply->size = writer.size;
    return ERROR_NONE;
}

static struct error write_piece(struct span request)
{
    struct reader reader;

    reader_init(&reader, request);
    assert_int_equal(reader_u32(&reader), fake.offset);
    size_t size = reader_remaining(&reader);
    assert_in_range(size, 1, MONITOR_UPDATE_PIECE_SIZE_BYTES_MAX);
    memcpy(fake.image + fake.offset, reader_take(&reader, size).data, size);
    fake.offset += (uint32_t)size;
    return ERROR_NONE;
}

static struct error slot_read(struct span request, struct buffer *reply)
{
    struct reader reader;

    reader_init(&reader, request);
    assert_int_equal(reader_u8(&reader), COMPONENT_BASE);
    uint32_t offset = reader_u32(&reader);
    uint32_t size = reader_u16(&reader);
    assert_true(reader_ok(&reader) && reader_remaining(&reader) == 0);
    assert_in_range(size, 1, reply->capacity);
    assert_true(offset <= BASE_SIZE_BYTES && size <= BASE_SIZE_BYTES - offset);
    memcpy(reply->data, base_image + offset, size);
    reply->size = size;
    fake.read_count++;
    return fake.read_error;
}

static struct error finish_update(void)
{
    assert_int_equal(fake.offset, IMAGE_SIZE_BYTES);
    if (fake.check_digest && memcmp(fake.image, file + SLOT_HEADER_SIZE_BYTES, IMAGE_SIZE_BYTES) != 0) {
        return ERROR(MANIFEST, IMAGE_DIGEST);
    }
    fake.finished = true;
    return ERROR_NONE;
}

static struct error monitor(enum monitor_call number, struct span request, struct buffer *reply)
{
    switch (number) {
    case MONITOR_CALL_CERTIFICATE: {
        struct span root = test_certificate_der(&pki.root);
        memcpy(reply->data, root.data, root.size);
        reply->size = root.size;
        return ERROR_NONE;
    }
    case MONITOR_CALL_UPDATE_BEGIN:
        return begin(request, reply);
    case MONITOR_CALL_UPDATE_WRITE:
        return write_piece(request);
    case MONITOR_CALL_UPDATE_FINISH:
        return finish_update();
    case MONITOR_CALL_SLOT_READ:
        return slot_read(request, reply);
    case MONITOR_CALL_RESET:
        assert_true(fake.finished);
        fake.reset_count++;
        return ERROR_NONE;
    default:
        return ERROR(MONITOR, CALL);
    }
}

static void reply_range(size_t index, uint32_t first, uint32_t size)
{
    test_service_range(&replies[index], SPAN_OF(file), first, size, size);
}

static struct error run(size_t reply_count)
{
    test_service_start(&service, &pki, replies, reply_count);
    identity.port = service.server.port;
    struct error error = agent_update_run(&checkin, &identity, &result, &patch);
    tls_client_close(&checkin.client);
    test_service_stop(&service);
    return error;
}

static void assert_error(struct error error, enum error_code code)
{
    assert_string_equal(error_name(error), error_name((struct error){(uint32_t)code}));
}

static void an_offer_is_fetched_written_and_started(void **state)
{
    (void)state;
    reply_range(0, 0, HEADER_SIZE_BYTES);
    reply_range(1, 4096, 2048);
    reply_range(2, 6144, 2048);
    reply_range(3, 8192, 905);
    assert_error(run(4), ERROR_CODE_NONE);
    assert_memory_equal(fake.image, file + SLOT_HEADER_SIZE_BYTES, IMAGE_SIZE_BYTES);
    assert_int_equal(fake.reset_count, 1);
    assert_string_equal(service.requests[0].line, "GET /v1/image/"
                                                  "ab000000000000000000000000000000000000000000000000000000000000cd"
                                                  " HTTP/1.1");
    assert_string_equal(service.requests[0].range, "bytes=0-1419");
    assert_string_equal(service.requests[3].range, "bytes=8192-9096");
    assert_int_equal(service.requests[3].connection, 1);
    assert_true(test_runtime_logged("update of base to 8: 5001 of 5001 bytes, finished"));
}

static void it_goes_on_where_the_monitor_says(void **state)
{
    (void)state;
    fake.resume_at = 4096;
    reply_range(0, 0, HEADER_SIZE_BYTES);
    reply_range(1, 8192, 905);
    assert_error(run(2), ERROR_CODE_NONE);
    assert_true(test_runtime_logged("update of base to 8: 4096 of 5001 bytes stand"));
    assert_int_equal(fake.reset_count, 1);
}

static void a_lost_connection_is_made_anew_once_a_piece(void **state)
{
    (void)state;
    reply_range(0, 0, HEADER_SIZE_BYTES);
    test_service_range(&replies[1], SPAN_OF(file), 4096, 2048, 100);
    reply_range(2, 4096, 2048);
    test_service_range(&replies[3], SPAN_OF(file), 6144, 2048, 0);
    reply_range(4, 6144, 2048);
    reply_range(5, 8192, 905);
    assert_error(run(6), ERROR_CODE_NONE);
    assert_int_equal(service.requests[5].connection, 3);
    assert_memory_equal(fake.image, file + SLOT_HEADER_SIZE_BYTES, IMAGE_SIZE_BYTES);

    memset(&fake, 0, sizeof(fake));
    fake.begin_error = ERROR_NONE;
    test_service_range(&replies[2], SPAN_OF(file), 4096, 2048, 100);
    struct error error = run(3);
    assert_error(error, ERROR_CODE_NET_CLOSED);
    assert_false(fake.finished);
    assert_int_equal(fake.reset_count, 0);
}

static void what_the_monitor_refuses_is_passed_over(void **state)
{
    (void)state;
    fake.begin_error = ERROR(MANIFEST, SIGNATURE);
    reply_range(0, 0, HEADER_SIZE_BYTES);
    assert_error(run(1), ERROR_CODE_NONE);
    assert_int_equal(fake.begin_count, 1);
    assert_int_equal(fake.reset_count, 0);
    assert_true(test_runtime_logged("update of base to 8 refused: 0x0303"));
    assert_true(checkin.images_direct);
}

/* T-20: nothing but the bytes that were asked for reaches the monitor. */
static void wrong_ranges_are_refused(void **state)
{
    (void)state;
    for (size_t kind = 0; kind < 6; kind++) {
        memset(&fake, 0, sizeof(fake));
        fake.begin_error = ERROR_NONE;
        reply_range(0, 0, HEADER_SIZE_BYTES);
        switch (kind) {
        case 0:
            reply_range(1, 4100, 2048);
            break;
        case 1:
            reply_range(1, 4096, 2044);
            break;
        case 2:
            test_service_range(&replies[1], span_of(file, FILE_SIZE_BYTES - 1), 4096, 2048, 2048);
            break;
        case 3:
            test_service_http(&replies[1], 200, "application/octet-stream", span_of(file, 2048));
            break;
        case 4:
            test_service_http(&replies[1], 206, "application/octet-stream", span_of(file, 2048));
            break;
        default:
            test_service_problem(&replies[1], ERROR_CODE_STORE_NOT_FOUND, NULL);
            break;
        }
        assert_error(run(2), ERROR_CODE_NONE);
        assert_int_equal(fake.begin_count, 1);
        assert_int_equal(fake.offset, 0);
        assert_int_equal(fake.reset_count, 0);
    }
    /* The file is not a slot, or is not as long as its manifest says. */
    file[0] ^= 1;
    reply_range(0, 0, HEADER_SIZE_BYTES);
    file[0] ^= 1;
    fake.begin_count = 0;
    assert_error(run(1), ERROR_CODE_NONE);
    assert_int_equal(fake.begin_count, 0);
    result.offers[0].file_size_bytes = SLOT_HEADER_SIZE_BYTES;
    assert_error(run(0), ERROR_CODE_NONE);
    assert_int_equal(fake.reset_count, 0);
}

/* What stands before the patch's stream, and how large it is at least when it is asked for. */
static uint32_t patch_head_size(void)
{
    return 12 + sizeof(keyset) + sizeof(manifest) + 4 + 4 + 2 * SHA256_DIGEST_SIZE_BYTES;
}

/* An offer with a patch from base_image, and the replies to its ranges: head, stream. */
static void offer_patch(void)
{
    struct checkin_offer *offer = &result.offers[0];
    struct writer writer;

    writer_init(&writer, patch_bytes, sizeof(patch_bytes));
    const struct patch_label label = {SPAN_OF(keyset), SPAN_OF(manifest), offer->file_digest};
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

static size_t reply_whole(size_t index)
{
    reply_range(index, 0, HEADER_SIZE_BYTES);
    reply_range(index + 1, 4096, 2048);
    reply_range(index + 2, 6144, 2048);
    reply_range(index + 3, 8192, 905);
    return index + 4;
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

/* What a wrong patch has written is not gone on from, and it is not asked for again. */
static void assert_whole_instead(size_t reply_count, const char *logged)
{
    assert_error(run(reply_whole(reply_count)), ERROR_CODE_NONE);
    assert_memory_equal(fake.image, file + SLOT_HEADER_SIZE_BYTES, IMAGE_SIZE_BYTES);
    assert_int_equal(fake.reset_count, 1);
    assert_int_equal(fake.anew_count, 1);
    assert_true(test_runtime_logged(logged));
    assert_error(run(reply_whole(0)), ERROR_CODE_NONE);
    assert_string_equal(service.requests[0].range, "bytes=0-1419");
}

/* T-04: a patch that makes another image; T-20: one that cannot be read. */
static void an_altered_patch_leads_to_the_whole_image(void **state)
{
    (void)state;
    offer_patch();
    fake.check_digest = true;
    base_image[3000] ^= 1; /* not the base that the patch was made from */
    assert_whole_instead(reply_patch(0), "update of base to 8 by patch failed, fetches the whole image: 0x030b");
}

static void a_patch_that_cannot_be_read_leads_to_the_whole_image(void **state)
{
    (void)state;
    offer_patch();
    patch_bytes[patch_head_size() + 20] ^= 0xFF;
    assert_whole_instead(reply_patch(0), "update of base to 8 by patch failed, fetches the whole image: 0x1a0");
}

static void a_patch_for_another_base_or_image_is_not_begun(void **state)
{
    (void)state;
    offer_patch();
    result.offers[0].patch.base_digest.bytes[0] ^= 1;
    uint32_t size = (uint32_t)patch_file.size;
    test_service_range(&replies[0], patch_file, 0, size, size);
    assert_error(run(reply_whole(1)), ERROR_CODE_NONE);
    assert_int_equal(fake.begin_count, 1);
    assert_true(test_runtime_logged("by patch failed, fetches the whole image: 0x1a02"));

    memset(&fake, 0, sizeof(fake));
    memset(&patch, 0, sizeof(patch));
    fake.begin_error = fake.read_error = ERROR_NONE;
    offer_patch();
    patch_bytes[patch_head_size() - SHA256_DIGEST_SIZE_BYTES - 1] ^= 1; /* the image's size */
    size = (uint32_t)patch_file.size;
    test_service_range(&replies[0], patch_file, 0, size, size);
    assert_error(run(reply_whole(1)), ERROR_CODE_NONE);
    assert_int_equal(fake.begin_count, 1);
    assert_true(test_runtime_logged("by patch failed, fetches the whole image: 0x1a01"));
}

static void what_the_service_has_no_more_leads_to_the_whole_image(void **state)
{
    (void)state;
    offer_patch();
    test_service_http(&replies[0], 404, "text/plain", span_of("gone", 4));
    assert_whole_instead(1, "update of base to 8 by patch failed, fetches the whole image: 0x1002");
}

static void a_base_that_cannot_be_read_leads_to_the_whole_image(void **state)
{
    (void)state;
    offer_patch();
    fake.read_error = ERROR(MONITOR, NOT_FOUND);
    assert_whole_instead(reply_patch(0), "update of base to 8 by patch failed, fetches the whole image: 0x0c07");
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

static int set_up(void **state)
{
    struct slot_header header = {SPAN_OF(keyset), SPAN_OF(manifest)};
    struct writer writer;

    (void)state;
    for (size_t i = 0; i < sizeof(file); i++) {
        file[i] = (uint8_t)(i * 5 + i / 256);
    }
    memcpy(base_image, file + SLOT_HEADER_SIZE_BYTES + 1200, 3000);
    memcpy(base_image + 3000, file + SLOT_HEADER_SIZE_BYTES, 3000);
    writer_init(&writer, file, SLOT_HEADER_SIZE_BYTES);
    assert_error(slot_header_encode(&header, &writer), ERROR_CODE_NONE);
    test_pki_make(&pki, SERVICE_TLS_NAME ",DNS:" IMAGES_TLS_NAME);
    test_runtime_set_monitor(monitor);
    return error_is_none(tls_client_setup((struct buffer)BUFFER_OF(heap))) ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    test_pki_free(&pki);
    return 0;
}

static int before_each(void **state)
{
    (void)state;
    memset(&fake, 0, sizeof(fake));
    memset(&patch, 0, sizeof(patch));
    fake.begin_error = fake.read_error = ERROR_NONE;
    memset(&identity, 0, sizeof(identity));
    strcpy(identity.host, "127.0.0.1");
    result = (struct agent_checkin_result){.offer_count = 1};
    result.offers[0] = (struct checkin_offer){
        .component = COMPONENT_BASE, .sequence = 8, .file_digest = {{0xAB}}, .file_size_bytes = FILE_SIZE_BYTES};
    result.offers[0].file_digest.bytes[SHA256_DIGEST_SIZE_BYTES - 1] = 0xCD;
    agent_checkin_init(&checkin, (struct buffer)BUFFER_OF(memory));
    test_runtime_clear_log();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(an_offer_is_fetched_written_and_started, before_each),
        cmocka_unit_test_setup(it_goes_on_where_the_monitor_says, before_each),
        cmocka_unit_test_setup(a_lost_connection_is_made_anew_once_a_piece, before_each),
        cmocka_unit_test_setup(what_the_monitor_refuses_is_passed_over, before_each),
        cmocka_unit_test_setup(wrong_ranges_are_refused, before_each),
        cmocka_unit_test_setup(a_patch_makes_the_image_from_what_runs, before_each),
        cmocka_unit_test_setup(a_patch_goes_on_where_the_monitor_says, before_each),
        cmocka_unit_test_setup(an_altered_patch_leads_to_the_whole_image, before_each),
        cmocka_unit_test_setup(a_patch_that_cannot_be_read_leads_to_the_whole_image, before_each),
        cmocka_unit_test_setup(a_patch_for_another_base_or_image_is_not_begun, before_each),
        cmocka_unit_test_setup(what_the_service_has_no_more_leads_to_the_whole_image, before_each),
        cmocka_unit_test_setup(a_base_that_cannot_be_read_leads_to_the_whole_image, before_each),
        cmocka_unit_test_setup(a_lost_connection_or_a_busy_monitor_is_not_the_patchs_fault, before_each),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
