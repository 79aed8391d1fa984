#include "device/compartments/agent/agent_update_fixture_test.h"

#include "base/reader.h"
#include "base/writer.h"

#define HEAP_SIZE_BYTES (48 * 1024)

static uint8_t heap[HEAP_SIZE_BYTES] __attribute__((aligned(16)));
static uint8_t memory[AGENT_EXCHANGE_SIZE_BYTES];
static const uint8_t keyset[] = "key set";
static const uint8_t manifest[] = "manifest of the image";
static struct test_pki pki;
static struct agent_identity identity;

struct update_fake fake;
uint8_t file[FILE_SIZE_BYTES];
uint8_t base_image[BASE_SIZE_BYTES];
struct slot_header update_header = {SPAN_OF(keyset), SPAN_OF(manifest)};
struct agent_checkin checkin;
struct test_service service;
struct test_service_reply replies[TEST_SERVICE_REQUEST_COUNT_MAX];
struct agent_checkin_result result;
struct agent_patch patch;

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
    case MONITOR_CALL_UPDATE_STATUS:
        memset(reply->data, 0, 12); /* generations, and no update that the monitor knows of */
        reply->size = 12;
        return ERROR_NONE;
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

void reply_range(size_t index, uint32_t first, uint32_t size)
{
    test_service_range(&replies[index], SPAN_OF(file), first, size, size);
}

struct error run(size_t reply_count)
{
    test_service_start(&service, &pki, replies, reply_count);
    identity.port = service.server.port;
    struct error error = agent_update_run(&checkin, &identity, &result, &patch);
    tls_client_close(&checkin.client);
    test_service_stop(&service);
    return error;
}

void assert_error(struct error error, enum error_code code)
{
    assert_string_equal(error_name(error), error_name((struct error){(uint32_t)code}));
}

size_t reply_whole(size_t index)
{
    reply_range(index, 0, HEADER_SIZE_BYTES);
    reply_range(index + 1, 4096, 2048);
    reply_range(index + 2, 6144, 2048);
    reply_range(index + 3, 8192, 905);
    return index + 4;
}

int update_set_up(void **state)
{
    struct writer writer;

    (void)state;
    for (size_t i = 0; i < sizeof(file); i++) {
        file[i] = (uint8_t)(i * 5 + i / 256);
    }
    memcpy(base_image, file + SLOT_HEADER_SIZE_BYTES + 1200, 3000);
    memcpy(base_image + 3000, file + SLOT_HEADER_SIZE_BYTES, 3000);
    writer_init(&writer, file, SLOT_HEADER_SIZE_BYTES);
    assert_error(slot_header_encode(&update_header, &writer), ERROR_CODE_NONE);
    test_pki_make(&pki, SERVICE_TLS_NAME ",DNS:" IMAGES_TLS_NAME);
    test_runtime_set_monitor(monitor);
    return error_is_none(tls_client_setup((struct buffer)BUFFER_OF(heap))) ? 0 : -1;
}

int update_tear_down(void **state)
{
    (void)state;
    test_pki_free(&pki);
    return 0;
}

int update_before_each(void **state)
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
