#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "service/ipc/ipc.h"

static uint8_t storage[IPC_REPLY_SIZE_BYTES_MAX + 16];

static struct span frame_of(struct writer *writer)
{
    struct span frame;
    size_t consumed_bytes = 0;
    assert_true(error_is_none(ipc_frame_next(writer_span(writer), IPC_REPLY_SIZE_BYTES_MAX, &frame, &consumed_bytes)));
    assert_int_equal(consumed_bytes, writer->size);
    return frame;
}

static void requests_round_trip(void **state)
{
    (void)state;
    const struct ipc_request requests[] = {
        {.kind = IPC_CHECKIN, .id = 0x0102030405060708u, .channel_binding = {9, 8, 7}, .body = span_of("evidence", 8)},
        {.kind = IPC_CLAIM, .id = UINT64_MAX, .ueid = {{1, 2, 3}}},
        {.kind = IPC_OPERATOR, .method = IPC_POST, .path = span_of("/v1/releases", 12),
         .certificate = span_of("certificate", 11), .command = span_of("command", 7), .body = span_of("{}", 2)},
        {.kind = IPC_OPERATOR, .method = IPC_GET, .path = span_of("/", 1)},
    };
    for (size_t index = 0; index < sizeof requests / sizeof requests[0]; index++) {
        struct writer writer;
        writer_init(&writer, storage, sizeof storage);
        assert_true(error_is_none(ipc_request_encode(&requests[index], &writer)));
        struct ipc_request got;
        assert_true(error_is_none(ipc_request_parse(frame_of(&writer), &got)));
        assert_int_equal(got.kind, requests[index].kind);
        assert_int_equal(got.id, requests[index].id);
        assert_int_equal(got.method, requests[index].method);
        assert_memory_equal(got.channel_binding, requests[index].channel_binding, sizeof got.channel_binding);
        assert_memory_equal(&got.ueid, &requests[index].ueid, sizeof got.ueid);
        assert_true(span_equal(got.path, requests[index].path));
        assert_true(span_equal(got.certificate, requests[index].certificate));
        assert_true(span_equal(got.command, requests[index].command));
        assert_true(span_equal(got.body, requests[index].body));
    }
}

static void reply_round_trip(void **state)
{
    (void)state;
    const struct ipc_reply reply = {.id = 77, .status = 403, .content = IPC_CONTENT_JSON, .body = span_of("{}", 2)};
    struct writer writer;
    writer_init(&writer, storage, sizeof storage);
    assert_true(error_is_none(ipc_reply_encode(&reply, &writer)));
    struct ipc_reply got;
    assert_true(error_is_none(ipc_reply_parse(frame_of(&writer), &got)));
    assert_int_equal(got.id, 77);
    assert_int_equal(got.status, 403);
    assert_int_equal(got.content, IPC_CONTENT_JSON);
    assert_true(span_equal(got.body, reply.body));
}

static void every_truncation_is_incomplete_or_refused(void **state)
{
    (void)state;
    const struct ipc_request request = {.kind = IPC_OPERATOR, .method = IPC_GET, .path = span_of("/v1/devices", 11),
                                        .certificate = span_of("abc", 3)};
    struct writer writer;
    writer_init(&writer, storage, sizeof storage);
    assert_true(error_is_none(ipc_request_encode(&request, &writer)));
    for (size_t size = 0; size < writer.size; size++) {
        struct span frame;
        size_t consumed_bytes = 1;
        assert_true(error_is_none(ipc_frame_next(span_of(storage, size), 1000, &frame, &consumed_bytes)));
        assert_null(frame.data);
        assert_int_equal(consumed_bytes, 0);
    }
    struct span whole = frame_of(&writer);
    for (size_t size = 0; size < whole.size; size++) {
        struct ipc_request got;
        assert_false(error_is_none(ipc_request_parse(span_of(whole.data, size), &got)));
    }
}

static void bad_frames_are_refused(void **state)
{
    (void)state;
    struct span frame;
    size_t consumed_bytes;
    struct ipc_request request;
    struct ipc_reply reply;
    const uint8_t large[] = {0, 0, 4, 0};
    assert_true(error_is(ipc_frame_next(SPAN_OF(large), 1023, &frame, &consumed_bytes), ERROR_CODE_CBOR_RANGE));
    const uint8_t small[] = {0, 0, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8};
    assert_true(error_is(ipc_frame_next(SPAN_OF(small), 1023, &frame, &consumed_bytes), ERROR_CODE_CBOR_RANGE));
    const uint8_t unknown_kind[9] = {77};
    assert_true(error_is(ipc_request_parse(SPAN_OF(unknown_kind), &request), ERROR_CODE_CBOR_TYPE));
    const uint8_t a_reply[12] = {IPC_REPLY, 0, 0, 0, 0, 0, 0, 0, 0, 0, 200, 0};
    assert_true(error_is(ipc_request_parse(SPAN_OF(a_reply), &request), ERROR_CODE_CBOR_TYPE));
    assert_true(error_is_none(ipc_reply_parse(SPAN_OF(a_reply), &reply)));
    const uint8_t bad_status[12] = {IPC_REPLY, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 200, 0};
    assert_true(error_is(ipc_reply_parse(SPAN_OF(bad_status), &reply), ERROR_CODE_CBOR_RANGE));
    const uint8_t bad_content[12] = {IPC_REPLY, 0, 0, 0, 0, 0, 0, 0, 0, 0, 200, 9};
    assert_true(error_is(ipc_reply_parse(SPAN_OF(bad_content), &reply), ERROR_CODE_CBOR_RANGE));
    uint8_t claim_with_more[9 + UEID_SIZE_BYTES + 1] = {IPC_CLAIM};
    assert_true(error_is(ipc_request_parse(SPAN_OF(claim_with_more), &request), ERROR_CODE_CBOR_TRAILING));
    uint8_t checkin_too_large[9 + CHANNEL_BINDING_SIZE_BYTES + CHECKIN_REQUEST_SIZE_BYTES_MAX + 1] = {IPC_CHECKIN};
    assert_false(error_is_none(ipc_request_parse(SPAN_OF(checkin_too_large), &request)));
    uint8_t command_too_large[9 + 1 + 2 + 2 + 2 + IPC_COMMAND_SIZE_BYTES_MAX + 1] = {IPC_OPERATOR};
    command_too_large[9] = IPC_POST;
    command_too_large[14] = (IPC_COMMAND_SIZE_BYTES_MAX + 1) >> 8;
    command_too_large[15] = (IPC_COMMAND_SIZE_BYTES_MAX + 1) & 0xFF;
    assert_false(error_is_none(ipc_request_parse(SPAN_OF(command_too_large), &request)));
}

static void encoders_refuse_what_does_not_fit(void **state)
{
    (void)state;
    struct ipc_request request = {.kind = IPC_CHECKIN, .body = span_of(storage, CHECKIN_REQUEST_SIZE_BYTES_MAX + 1)};
    static uint8_t out[64];
    struct writer writer;
    writer_init(&writer, out, sizeof out);
    assert_true(error_is(ipc_request_encode(&request, &writer), ERROR_CODE_CBOR_RANGE));
    request.body.size = 100;
    assert_true(error_is(ipc_request_encode(&request, &writer), ERROR_CODE_CBOR_CAPACITY));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_round_trip),
        cmocka_unit_test(reply_round_trip),
        cmocka_unit_test(every_truncation_is_incomplete_or_refused),
        cmocka_unit_test(bad_frames_are_refused),
        cmocka_unit_test(encoders_refuse_what_does_not_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
