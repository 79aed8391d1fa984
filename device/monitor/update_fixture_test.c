#include "device/monitor/update_fixture_test.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/reader.h"
#include "base/writer.h"

uint8_t update_fixture_content[UPDATE_FIXTURE_CONTENT_SIZE_BYTES];
uint8_t update_fixture_file[SLOT_HEADER_SIZE_BYTES + FIXTURE_IMAGE_SIZE_BYTES_MAX];
uint8_t update_fixture_request[MONITOR_MAILBOX_DATA_SIZE_BYTES];

struct fixture_image update_fixture_image(enum component component, uint32_t sequence)
{
    for (size_t index = 0; index < sizeof(update_fixture_content); index++) {
        update_fixture_content[index] = (uint8_t)(index * 7 + sequence);
    }
    bool is_app = component == COMPONENT_APP;
    return (struct fixture_image){
        .component = component,
        .sequence = sequence,
        .root = is_app ? "alice" : "maker",
        .signer = is_app ? "alice app" : "release",
        .content = SPAN_OF(update_fixture_content),
    };
}

struct span update_fixture_file_of(const struct fixture_image *image)
{
    struct span slot = fixture_slot(image);
    memcpy(update_fixture_file, slot.data, slot.size);
    return span_of(update_fixture_file, slot.size);
}

struct span update_fixture_begin_request(struct span file)
{
    struct slot_header header;
    struct writer writer;
    fixture_expect_none(slot_header_parse(span_of(file.data, SLOT_HEADER_SIZE_BYTES), &header));
    writer_init(&writer, update_fixture_request, sizeof(update_fixture_request));
    writer_u16(&writer, (uint16_t)header.keyset.size);
    writer_bytes(&writer, header.keyset);
    writer_u16(&writer, (uint16_t)header.manifest.size);
    writer_bytes(&writer, header.manifest);
    return writer_span(&writer);
}

struct error update_fixture_begin(struct span file)
{
    return fixture_call(MONITOR_CALL_UPDATE_BEGIN, update_fixture_begin_request(file)).error;
}

uint32_t update_fixture_must_begin(struct span file)
{
    struct reader reader;
    reader_init(&reader, fixture_must_call(MONITOR_CALL_UPDATE_BEGIN, update_fixture_begin_request(file)));
    uint32_t offset_bytes = reader_u32(&reader);
    assert_int_equal(reader_u32(&reader), file.size - SLOT_HEADER_SIZE_BYTES);
    assert_int_equal(reader_remaining(&reader), 0);
    return offset_bytes;
}

struct error update_fixture_write_piece(struct span file, uint32_t offset_bytes, size_t size_bytes)
{
    struct writer writer;
    writer_init(&writer, update_fixture_request, sizeof(update_fixture_request));
    writer_u32(&writer, offset_bytes);
    writer_bytes(&writer, span_of(file.data + SLOT_HEADER_SIZE_BYTES + offset_bytes, size_bytes));
    return fixture_call(MONITOR_CALL_UPDATE_WRITE, writer_span(&writer)).error;
}

void update_fixture_write_rest(struct span file, uint32_t offset_bytes, uint32_t end_bytes)
{
    while (offset_bytes < end_bytes) {
        uint32_t left_bytes = end_bytes - offset_bytes;
        uint32_t size_bytes =
            left_bytes < MONITOR_UPDATE_PIECE_SIZE_BYTES_MAX ? left_bytes : MONITOR_UPDATE_PIECE_SIZE_BYTES_MAX;
        fixture_expect_none(update_fixture_write_piece(file, offset_bytes, size_bytes));
        offset_bytes += size_bytes;
    }
}

struct error update_fixture_finish(void)
{
    return fixture_call(MONITOR_CALL_UPDATE_FINISH, SPAN_EMPTY).error;
}

void update_fixture_must_update(struct span file)
{
    update_fixture_write_rest(file, update_fixture_must_begin(file), (uint32_t)file.size - SLOT_HEADER_SIZE_BYTES);
    fixture_expect_none(update_fixture_finish());
}

void update_fixture_must_have_contact(void)
{
    static const uint8_t request[CHALLENGE_SIZE_BYTES + CHANNEL_BINDING_SIZE_BYTES];
    struct fixture_answer options = {.evidence = fixture_must_call(MONITOR_CALL_EVIDENCE, SPAN_OF(request)),
                                     .signer = "alice control"};
    (void)fixture_must_call(MONITOR_CALL_ANSWER, fixture_answer(&options));
}

void update_fixture_must_confirm(void)
{
    (void)fixture_must_call(MONITOR_CALL_CONFIRM, SPAN_EMPTY);
}

struct update_report update_fixture_status(enum component component)
{
    struct update_report found = {0};
    struct reader reader;
    reader_init(&reader, fixture_must_call(MONITOR_CALL_UPDATE_STATUS, SPAN_EMPTY));
    (void)reader_take(&reader, 12);
    while (reader_remaining(&reader) > 0) {
        struct update_report report = {.component = (enum component)reader_u8(&reader)};
        report.state = (enum update_state)reader_u8(&reader);
        report.code = reader_u16(&reader);
        report.sequence = reader_u32(&reader);
        report.size_done_bytes = reader_u32(&reader);
        assert_true(reader_ok(&reader));
        found = report.component == component ? report : found;
    }
    return found;
}
