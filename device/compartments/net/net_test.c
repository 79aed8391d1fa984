/* What net does without a network: requests, the allow-list, the ring. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "device/compartments/net/net_allow.h"
#include "device/compartments/net/net_request.h"
#include "device/compartments/net/net_ring.h"
#include "device/runtime/runtime.h"

static const struct system_endpoint declared[] = {
    {1, SYSTEM_ENDPOINT_TLS, 8443, 0x0A000264},
    {2, SYSTEM_ENDPOINT_PLAIN, 8883, 0x0A000264},
    {8, SYSTEM_ENDPOINT_LISTEN, 502, 0},
};
static uint32_t refused_count;

struct error runtime_endpoint(uint32_t index, struct system_endpoint *endpoint)
{
    if (index >= sizeof(declared) / sizeof(declared[0])) {
        return ERROR(KERNEL, ARGUMENT);
    }
    *endpoint = declared[index];
    return ERROR_NONE;
}

void runtime_refused(uint32_t caller, uint32_t address, uint16_t port)
{
    (void)caller;
    (void)address;
    (void)port;
    refused_count++;
}

static bool refuses(struct error error)
{
    return error_is(error, ERROR_CODE_NET_NOT_DECLARED);
}

/* T-08 */
static void only_what_is_declared_is_allowed(void **state)
{
    bool plain = true;

    (void)state;
    assert_int_equal(net_allow_used(), 0);
    assert_true(error_is_none(net_allow_connect(1, 0x0A000264, 8443, &plain)) && !plain);
    assert_int_equal(net_allow_used(), 1);
    assert_true(error_is_none(net_allow_connect(2, 0x0A000264, 8883, &plain)) && plain);
    assert_true(error_is_none(net_allow_listen(8, 502)));
    assert_int_equal(net_allow_used(), 7);
    assert_int_equal(refused_count, 0);
    assert_true(refuses(net_allow_connect(1, 0x0A000264, 8883, &plain)));
    assert_true(refuses(net_allow_connect(2, 0x0A000264, 8443, &plain)));
    assert_true(refuses(net_allow_connect(1, 0x0A000202, 8443, &plain)));
    assert_true(refuses(net_allow_connect(3, 0x0A000264, 8443, &plain)));
    assert_true(refuses(net_allow_connect(8, 0, 502, &plain)));
    assert_true(refuses(net_allow_listen(1, 8443)));
    assert_true(refuses(net_allow_listen(8, 503)));
    assert_true(refuses(net_allow_listen(9, 502)));
    assert_int_equal(refused_count, 8); /* each of them told to the kernel */
}

static struct error parse_connect(const char *host, struct net_request *request)
{
    uint8_t input[64] = {NET_OPERATION_CONNECT, 0x20, 0xFB, 0, 0, 0x27, 0x10};

    memcpy(input + 7, host, strlen(host));
    return net_request_parse(span_of(input, 7 + strlen(host)), request);
}

static void a_connect_names_an_address(void **state)
{
    static const char *const bad[] = {"",          "10.0.2",     "10.0.2.100.1", "10.0.2.256", "10.0.2.0100", "010.0.2.1",
                                      "10..2.100", "10.0.2.1 0", "service.sopris", "10.0.2.",  ".10.0.2",     "10.0.2.-1"};
    struct net_request request;

    (void)state;
    assert_true(error_is_none(parse_connect("10.0.2.100", &request)));
    assert_int_equal(request.address, 0x0A000264);
    assert_int_equal(request.port, 8443);
    assert_int_equal(request.timeout_ms, 10000);
    assert_true(error_is_none(parse_connect("255.255.255.255", &request)));
    assert_int_equal(request.address, 0xFFFFFFFFu);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_true(error_is(parse_connect(bad[i], &request), ERROR_CODE_NET_NOT_DECLARED));
    }
}

/* T-20 */
static void malformed_requests_are_refused(void **state)
{
    static const struct {
        size_t size;
        uint8_t bytes[16];
    } bad[] = {
        {0, {0}},
        {1, {0}},
        {1, {9}},
        {6, {NET_OPERATION_CONNECT, 0, 1, 0, 0, 0}},                             /* cut */
        {8, {NET_OPERATION_CONNECT, 0, 0, 0, 0, 0, 1, '1'}},                     /* port 0 */
        {9, {NET_OPERATION_SEND, 0, 0, 0, 1, 0, 0, 0, 1}},                       /* nothing to send */
        {8, {NET_OPERATION_SEND, 0, 0, 0, 1, 0, 0, 0}},                          /* cut */
        {11, {NET_OPERATION_RECEIVE, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0}},             /* size 0 */
        {11, {NET_OPERATION_RECEIVE, 0, 0, 0, 1, 0, 0, 0, 1, 0x05, 0xB5}},       /* one too many */
        {12, {NET_OPERATION_RECEIVE, 0, 0, 0, 1, 0, 0, 0, 1, 0, 1, 0}},          /* trailing */
        {4, {NET_OPERATION_CLOSE, 0, 0, 0}},                                     /* cut */
        {6, {NET_OPERATION_CLOSE, 0, 0, 0, 1, 0}},                               /* trailing */
        {3, {NET_OPERATION_LISTEN, 0, 0}},                                       /* port 0 */
        {4, {NET_OPERATION_LISTEN, 0, 1, 0}},                                    /* trailing */
        {9, {NET_OPERATION_NEXT, 1, 1, 0, 0, 0, 1, 0, 0}},                       /* size 0 */
        {8, {NET_OPERATION_NEXT, 1, 1, 0, 0, 0, 1, 0}},                          /* cut */
        {2, {NET_OPERATION_USED, 0}},                                            /* trailing */
    };
    struct net_request request;

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_true(error_is(net_request_parse(span_of(bad[i].bytes, bad[i].size), &request),
                             ERROR_CODE_KERNEL_ARGUMENT));
    }
}

static void timeouts_are_bounded(void **state)
{
    static const uint8_t input[] = {NET_OPERATION_RECEIVE, 0, 0, 1, 0, 0xFF, 0xFF, 0xFF, 0xFF, 5, 0xB4};
    struct net_request request;

    (void)state;
    assert_true(error_is_none(net_request_parse(SPAN_OF(input), &request)));
    assert_int_equal(request.timeout_ms, NET_PROTOCOL_TIMEOUT_MS_MAX);
    assert_int_equal(request.size_bytes, NET_PROTOCOL_DATA_SIZE_BYTES_MAX);
    assert_int_equal(request.handle, 0x100);
}

/* Random puts and takes: what comes out is what went in, in order. */
static void the_ring_keeps_bytes_in_order(void **state)
{
    static struct net_ring ring;
    uint8_t bytes[1500];
    uint8_t written = 0;
    uint8_t read = 0;

    (void)state;
    srand(1);
    net_ring_clear(&ring);
    for (int round = 0; round < 20000; round++) {
        size_t size = (size_t)rand() % sizeof(bytes);
        for (size_t i = 0; i < size; i++) {
            bytes[i] = (uint8_t)(written + i);
        }
        size_t before = ring.size;
        bool taken = net_ring_put(&ring, span_of(bytes, size));
        assert_int_equal(taken, size <= NET_RING_SIZE_BYTES - before);
        assert_int_equal(ring.size, taken ? before + size : before);
        written = (uint8_t)(written + (taken ? size : 0));

        struct buffer out = {bytes, (size_t)rand() % sizeof(bytes), 0};
        size_t got = net_ring_take(&ring, &out, (size_t)rand() % sizeof(bytes));
        assert_int_equal(got, out.size);
        for (size_t i = 0; i < got; i++) {
            assert_int_equal(bytes[i], read);
            read++;
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_what_is_declared_is_allowed),
        cmocka_unit_test(a_connect_names_an_address),
        cmocka_unit_test(malformed_requests_are_refused),
        cmocka_unit_test(timeouts_are_bounded),
        cmocka_unit_test(the_ring_keeps_bytes_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
