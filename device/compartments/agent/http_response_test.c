#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "device/compartments/agent/http_response.h"

static struct span text(const char *literal)
{
    return span_of(literal, strlen(literal));
}

static void a_response_is_read(void **state)
{
    struct span input = text("HTTP/1.1 200 OK\r\nServer: x\r\ncontent-TYPE: application/a+cbor; v=1\r\n"
                             "Content-Length: \t5 \r\n\r\nhello");
    struct http_response response;

    (void)state;
    assert_true(error_is_none(http_response_parse(input, &response)));
    assert_int_equal(response.status, 200);
    assert_int_equal(response.body_size_bytes, 5);
    assert_int_equal(response.head_size_bytes + 5, input.size);
    assert_true(span_equal(response.content_type, text("application/a+cbor")));
    assert_false(response.close);
}

static void every_prefix_of_the_head_asks_for_more(void **state)
{
    struct span whole = text("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: Close\r\n\r\n");
    struct http_response response;

    (void)state;
    for (size_t size = 0; size < whole.size; size++) {
        assert_true(error_is_none(http_response_parse(span_of(whole.data, size), &response)));
        assert_int_equal(response.head_size_bytes, 0);
    }
    assert_true(error_is_none(http_response_parse(whole, &response)));
    assert_int_equal(response.head_size_bytes, whole.size);
    assert_int_equal(response.status, 404);
    assert_true(response.close);
}

static void what_a_hostile_peer_may_send_is_refused(void **state)
{
    static const struct {
        const char *input;
        enum error_code code;
    } cases[] = {
        {"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", ERROR_CODE_HTTP_STRUCTURE},
        {"HTTP/2 200\r\nContent-Length: 0\r\n\r\n", ERROR_CODE_HTTP_STRUCTURE},
        {"HTTP/1.1 2x0 OK\r\nContent-Length: 0\r\n\r\n", ERROR_CODE_HTTP_STRUCTURE},
        {"HTTP/1.1 2000\r\nContent-Length: 0\r\n\r\n", ERROR_CODE_HTTP_STRUCTURE},
        {"HTTP/1.1 100 Continue\r\nContent-Length: 0\r\n\r\n", ERROR_CODE_HTTP_STRUCTURE},
        {"HTTP/1.1 600 X\r\nContent-Length: 0\r\n\r\n", ERROR_CODE_HTTP_STRUCTURE},
        {"HTTP/1.1 200 OK\r\n\r\n", ERROR_CODE_HTTP_STRUCTURE},
        {"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n", ERROR_CODE_HTTP_STRUCTURE},
        {"HTTP/1.1 200 OK\r\nContent-Length:\r\n\r\n", ERROR_CODE_HTTP_STRUCTURE},
        {"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", ERROR_CODE_HTTP_STRUCTURE},
        {"HTTP/1.1 200 OK\r\nContent-Length: 0x10\r\n\r\n", ERROR_CODE_HTTP_STRUCTURE},
        {"HTTP/1.1 200 OK\r\nContent-Length: 4294967297\r\n\r\n", ERROR_CODE_HTTP_SIZE},
        {"HTTP/1.1 200 OK\r\nContent-Length : 0\r\n\r\n", ERROR_CODE_HTTP_STRUCTURE},
        {"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n folded\r\n\r\n", ERROR_CODE_HTTP_STRUCTURE},
        {"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nno colon\r\n\r\n", ERROR_CODE_HTTP_STRUCTURE},
        {"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX: a\nb\r\n\r\n", ERROR_CODE_HTTP_STRUCTURE},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n", ERROR_CODE_HTTP_STRUCTURE},
        {"HTTP/1.1 206 X\r\nContent-Length: 0\r\nContent-Range: bytes 0-1/2\r\nContent-Range: bytes 0-1/2\r\n\r\n",
         ERROR_CODE_HTTP_STRUCTURE},
        {"HTTP/1.1 206 X\r\nContent-Length: 0\r\nContent-Range: bytes 2-1/3\r\n\r\n", ERROR_CODE_HTTP_STRUCTURE},
        {"HTTP/1.1 206 X\r\nContent-Length: 0\r\nContent-Range: bytes 0-3/3\r\n\r\n", ERROR_CODE_HTTP_STRUCTURE},
        {"HTTP/1.1 206 X\r\nContent-Length: 0\r\nContent-Range: bytes 0-3/*\r\n\r\n", ERROR_CODE_HTTP_STRUCTURE},
        {"HTTP/1.1 206 X\r\nContent-Length: 0\r\nContent-Range: bytes 0-3/4 \t5\r\n\r\n", ERROR_CODE_HTTP_STRUCTURE},
        {"HTTP/1.1 206 X\r\nContent-Length: 0\r\nContent-Range: bytes -3/4\r\n\r\n", ERROR_CODE_HTTP_STRUCTURE},
        {"HTTP/1.1 206 X\r\nContent-Length: 0\r\nContent-Range: bytes 0-99999999999/4\r\n\r\n",
         ERROR_CODE_HTTP_STRUCTURE},
        {"HTTP/1.1 206 X\r\nContent-Length: 0\r\nContent-Range: byte\r\n\r\n", ERROR_CODE_HTTP_STRUCTURE},
        {"\r\n\r\n", ERROR_CODE_HTTP_STRUCTURE},
    };
    struct http_response response;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct error error = http_response_parse(text(cases[i].input), &response);
        if (!error_is(error, cases[i].code)) {
            fail_msg("case %zu: %s", i, error_name(error));
        }
    }
}

static void a_range_is_read(void **state)
{
    struct http_response response;

    (void)state;
    assert_true(error_is_none(http_response_parse(
        text("HTTP/1.1 206 Partial Content\r\nContent-Length: 5\r\nContent-RANGE: bytes 10-14/1000\r\n\r\n"),
        &response)));
    assert_int_equal(response.status, 206);
    assert_true(response.has_range);
    assert_int_equal(response.range_first, 10);
    assert_int_equal(response.range_last, 14);
    assert_int_equal(response.range_total, 1000);
}

static void a_head_without_end_is_refused(void **state)
{
    uint8_t input[HTTP_RESPONSE_HEAD_SIZE_BYTES_MAX];
    struct http_response response;

    (void)state;
    memset(input, 'a', sizeof(input));
    assert_true(error_is_none(http_response_parse(span_of(input, sizeof(input) - 1), &response)));
    assert_true(error_is(http_response_parse(SPAN_OF(input), &response), ERROR_CODE_HTTP_SIZE));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_response_is_read),
        cmocka_unit_test(every_prefix_of_the_head_asks_for_more),
        cmocka_unit_test(what_a_hostile_peer_may_send_is_refused),
        cmocka_unit_test(a_range_is_read),
        cmocka_unit_test(a_head_without_end_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
