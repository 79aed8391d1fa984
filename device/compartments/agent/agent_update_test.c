/* Updates as the agent fetches them: from a scripted service over real TLS, for a scripted monitor. */
#include "device/compartments/agent/agent_update_fixture_test.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(an_offer_is_fetched_written_and_started, update_before_each),
        cmocka_unit_test_setup(it_goes_on_where_the_monitor_says, update_before_each),
        cmocka_unit_test_setup(a_lost_connection_is_made_anew_once_a_piece, update_before_each),
        cmocka_unit_test_setup(what_the_monitor_refuses_is_passed_over, update_before_each),
        cmocka_unit_test_setup(wrong_ranges_are_refused, update_before_each),
    };
    return cmocka_run_group_tests(tests, update_set_up, update_tear_down);
}
