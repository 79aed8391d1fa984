/* Whose connection is whose (T-08): one compartment's handles and ports mean nothing in another's hands, and none takes more
 * than its share. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "device/compartments/net/net_fixture_test.h"
#include "device/compartments/net/net_listener.h"
#include "device/compartments/net/net_pool.h"

/* T-08: a handle is a number that can be guessed, so it must not be enough. */
static void anothers_handle_is_nobodys(void **state)
{
    static const enum net_operation operations[] = {NET_OPERATION_SEND, NET_OPERATION_RECEIVE, NET_OPERATION_CLOSE};

    (void)state;
    uint32_t handle = connect_as(AGENT);
    written_count = 0;
    for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]); i++) {
        assert_int_equal(use(HUB, operations[i], handle), ERROR_CODE_NET_HANDLE);
    }
    assert_int_equal(written_count, 0);
    assert_int_equal(used_count(), 1);
    assert_int_equal(use(AGENT, NET_OPERATION_SEND, handle), ERROR_CODE_NONE);
    assert_int_equal(written_count, 1);
    assert_int_equal(use(AGENT, NET_OPERATION_CLOSE, handle), ERROR_CODE_NONE);
    assert_int_equal(used_count(), 0);
}

static void a_handle_of_a_closed_connection_means_no_later_one(void **state)
{
    (void)state;
    uint32_t old = connect_as(AGENT);
    assert_int_equal(use(AGENT, NET_OPERATION_CLOSE, old), ERROR_CODE_NONE);
    assert_int_equal(use(AGENT, NET_OPERATION_SEND, old), ERROR_CODE_NET_HANDLE);
    uint32_t handle = connect_as(AGENT);
    assert_int_not_equal(handle, old);
    assert_int_equal(use(AGENT, NET_OPERATION_SEND, old), ERROR_CODE_NET_HANDLE);
    assert_int_equal(use(AGENT, NET_OPERATION_SEND, handle | 0xFF), ERROR_CODE_NET_HANDLE);
    assert_int_equal(use(AGENT, NET_OPERATION_CLOSE, handle), ERROR_CODE_NONE);
}

/* T-08: one compartment that opens and never closes leaves the others their connection. */
static void nobody_takes_more_than_its_share(void **state)
{
    uint32_t handles[5];

    (void)state;
    for (size_t i = 0; i < 5; i++) {
        handles[i] = connect_as(HUB);
        assert_in_range(used_count(), 1, NET_CONNECTION_COUNT_PER_CALLER_MAX);
    }
    uint32_t agents = connect_as(AGENT);
    for (size_t i = 0; i < 5; i++) {
        bool kept = i >= 5 - NET_CONNECTION_COUNT_PER_CALLER_MAX;
        assert_int_equal(use(HUB, NET_OPERATION_SEND, handles[i]), kept ? ERROR_CODE_NONE : ERROR_CODE_NET_HANDLE);
    }
    /* The next one costs the hub its own oldest, not the agent's, which is older by then than any of the hub's. */
    for (size_t i = 0; i < 3; i++) {
        handles[i] = connect_as(HUB);
    }
    assert_int_equal(use(AGENT, NET_OPERATION_SEND, agents), ERROR_CODE_NONE);
    assert_int_equal(use(AGENT, NET_OPERATION_CLOSE, agents), ERROR_CODE_NONE);
    assert_int_equal(use(HUB, NET_OPERATION_CLOSE, handles[1]), ERROR_CODE_NONE);
    assert_int_equal(use(HUB, NET_OPERATION_CLOSE, handles[2]), ERROR_CODE_NONE);
    assert_int_equal(used_count(), 0);
}

/* T-08 */
static void undeclared_hosts_are_never_connected(void **state)
{
    struct net_request request = {
        .operation = NET_OPERATION_CONNECT, .address = ADDRESS + 1, .port = PORT, .timeout_ms = 100};

    (void)state;
    assert_int_equal(serve(AGENT, &request), ERROR_CODE_NET_NOT_DECLARED);
    request.address = ADDRESS;
    assert_int_equal(serve(3, &request), ERROR_CODE_NET_NOT_DECLARED);
    request.address = 0; /* as a served port stands in the table */
    request.port = SERVED_PORT;
    assert_int_equal(serve(APP, &request), ERROR_CODE_NET_NOT_DECLARED);
    assert_int_equal(used_count(), 0);
    assert_int_equal(refused_count, 3);
}

/* T-08: an endpoint that was not declared plain carries TLS records and nothing else. */
static void plain_text_stays_on_the_device(void **state)
{
    (void)state;
    uint32_t tls = connect_as(HUB);
    uint32_t plain = connect_as(AGENT);
    refused_count = 0;
    written_count = 0;
    assert_int_equal(send_as(HUB, tls, "GET / HTTP/1.1", 14), ERROR_CODE_NET_PLAIN);
    assert_int_equal(send_as(HUB, tls, "\x17\x03\x03\x00\x01z", 6), ERROR_CODE_NET_PLAIN); /* before a handshake */
    assert_int_equal(refused_count, 2);
    assert_int_equal(written_count, 0);
    assert_int_equal(send_as(HUB, tls, "\x16\x03\x01\x00\x04", 5), ERROR_CODE_NONE);
    assert_int_equal(send_as(HUB, tls, "abcd\x17\x03\x03", 7), ERROR_CODE_NONE);
    assert_int_equal(send_as(HUB, tls, "\x00\x02xyGET /", 9), ERROR_CODE_NET_PLAIN);
    assert_int_equal(send_as(HUB, tls, "\x00\x02xy\x17", 5), ERROR_CODE_NONE);
    assert_int_equal(send_as(AGENT, plain, "GET / HTTP/1.1", 14), ERROR_CODE_NONE);
    assert_int_equal(use(HUB, NET_OPERATION_CLOSE, tls), ERROR_CODE_NONE);
    assert_int_equal(use(AGENT, NET_OPERATION_CLOSE, plain), ERROR_CODE_NONE);
}

/* T-08 */
static void a_served_port_is_its_owners(void **state)
{
    (void)state;
    assert_int_equal(listen_as(OTHER_APP, SERVED_PORT), ERROR_CODE_NET_NOT_DECLARED);
    assert_int_equal(listen_as(APP, SERVED_PORT + 1), ERROR_CODE_NET_NOT_DECLARED);
    assert_int_equal(listen_as(APP, SERVED_PORT), ERROR_CODE_NONE);
    struct tcp_pcb *first = arrive();
    struct tcp_pcb *second = arrive();
    say(first, "one");
    say(second, "two");
    say(first, "more");
    uint32_t handle = hear(APP, "onemore");
    assert_int_not_equal(hear(APP, "two"), handle);
    assert_int_equal(use(OTHER_APP, NET_OPERATION_SEND, handle), ERROR_CODE_NET_HANDLE);
    assert_int_equal(use(OTHER_APP, NET_OPERATION_NEXT, 0), ERROR_CODE_NET_HANDLE);
    assert_int_equal(use(APP, NET_OPERATION_SEND, handle), ERROR_CODE_NONE);
    assert_int_equal(first->recv(first->callback_arg, first, NULL, ERR_OK), ERR_OK);
    assert_int_equal(hear(APP, ""), handle); /* gone */
    assert_int_equal(use(APP, NET_OPERATION_SEND, handle), ERROR_CODE_NET_HANDLE);
    /* Started again, the owner knows no client of its earlier life. */
    assert_int_equal(listen_as(APP, SERVED_PORT), ERROR_CODE_NONE);
    assert_int_equal(used_count(), 1);
}

static void an_owner_waits_until_a_client_speaks_or_its_time_is_up(void **state)
{
    struct net_request request = {
        .operation = NET_OPERATION_NEXT, .port = SERVED_PORT, .timeout_ms = 100, .size_bytes = 10};
    uint32_t count = last.count;

    (void)state;
    net_connection_serve(APP, &request);
    assert_int_equal(net_connection_check_waits(), 100);
    assert_int_equal(last.count, count);
    struct tcp_pcb *client = arrive();
    say(client, "hello");
    (void)net_connection_check_waits();
    assert_int_equal(last.count, count + 1);
    assert_memory_equal(last.bytes + 8, "hello", 5);
    net_connection_serve(APP, &request);
    now_ms += 100;
    (void)net_connection_check_waits();
    assert_int_equal(last.count, count + 2);
    assert_int_equal(reply_word(0), ERROR_CODE_NET_TIMEOUT);
    /* Who asks for something else does not get the answer to what it asked before. */
    net_connection_serve(APP, &request);
    assert_int_equal(listen_as(APP, SERVED_PORT), ERROR_CODE_NONE);
    now_ms += 200;
    (void)net_connection_check_waits();
    assert_int_equal(last.count, count + 3);
}

/* T-08: however many come, the device's own connections have their places; who never speaks or is silent for long gives
 * way, who speaks stays. */
static void a_flood_takes_nothing_but_the_floods_own_places(void **state)
{
    (void)state;
    struct tcp_pcb *speaker = arrive();
    say(speaker, "a");
    for (int i = 0; i < 50; i++) {
        assert_non_null(arrive());
        assert_in_range(used_count(), 1, 1 + NET_LISTENER_CLIENT_COUNT_PER_CALLER_MAX);
    }
    uint32_t agents = connect_as(AGENT);
    assert_int_equal(use(AGENT, NET_OPERATION_SEND, agents), ERROR_CODE_NONE);
    assert_int_equal(use(AGENT, NET_OPERATION_CLOSE, agents), ERROR_CODE_NONE);
    uint32_t speakers = hear(APP, "a");
    assert_int_equal(use(APP, NET_OPERATION_SEND, speakers), ERROR_CODE_NONE);
    /* All speak: the next one is turned away, until somebody has been silent for long. */
    for (size_t i = NET_POOL_CLIENT_FIRST; i < NET_POOL_COUNT; i++) {
        if (net_pool[i].state == STATE_OPEN && !net_pool[i].heard) {
            say(net_pool[i].pcb, "b");
        }
    }
    assert_null(arrive());
    now_ms += NET_LISTENER_IDLE_MS + 1;
    assert_non_null(arrive());
    assert_int_equal(listen_as(APP, SERVED_PORT), ERROR_CODE_NONE);
    assert_int_equal(used_count(), 1);
}

/* A client that takes nothing gets little of lwIP's memory. */
static void a_client_that_does_not_read_holds_little(void **state)
{
    static const uint8_t bytes[1000];

    (void)state;
    struct tcp_pcb *client = arrive();
    say(client, "a");
    struct net_request request = {.operation = NET_OPERATION_SEND, .handle = hear(APP, "a"), .timeout_ms = 100,
                                  .data = SPAN_OF(bytes)};
    assert_int_equal(serve(APP, &request), ERROR_CODE_NONE);
    assert_in_range((uint32_t)last.bytes[4] << 8 | last.bytes[5], 100, 600);
    client->snd_buf = TCP_SND_BUF - 536;
    uint32_t count = last.count;
    net_connection_serve(APP, &request);
    assert_int_equal(last.count, count);
    assert_int_equal(listen_as(APP, SERVED_PORT), ERROR_CODE_NONE);
}

static void what_was_used_is_for_base_to_know(void **state)
{
    (void)state;
    assert_int_equal(use(APP, NET_OPERATION_USED, 0), ERROR_CODE_NET_NOT_DECLARED);
    assert_int_equal(use(AGENT, NET_OPERATION_USED, 0), ERROR_CODE_NONE);
    assert_int_equal(reply_word(1), 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(anothers_handle_is_nobodys),
        cmocka_unit_test(a_handle_of_a_closed_connection_means_no_later_one),
        cmocka_unit_test(nobody_takes_more_than_its_share),
        cmocka_unit_test(undeclared_hosts_are_never_connected),
        cmocka_unit_test(plain_text_stays_on_the_device),
        cmocka_unit_test(a_served_port_is_its_owners),
        cmocka_unit_test(an_owner_waits_until_a_client_speaks_or_its_time_is_up),
        cmocka_unit_test(a_flood_takes_nothing_but_the_floods_own_places),
        cmocka_unit_test(a_client_that_does_not_read_holds_little),
        cmocka_unit_test(what_was_used_is_for_base_to_know),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
