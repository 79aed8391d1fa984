#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <netinet/in.h>
#include <string.h>

#include "service/front/rate.h"

static struct rate rate;

static struct sockaddr_in ipv4(uint32_t address)
{
    struct sockaddr_in peer = {.sin_family = AF_INET};
    peer.sin_addr.s_addr = htonl(address);
    return peer;
}

static bool take(const void *peer, uint64_t now_ms)
{
    return rate_take(&rate, peer, now_ms);
}

static void burst_then_rate(void **state)
{
    (void)state;
    struct sockaddr_in peer = ipv4(0x7F000001);
    uint32_t taken_count = 0;
    rate_init(&rate, 10, 1);
    while (taken_count < 1000 && take(&peer, 5000)) {
        taken_count++;
    }
    assert_int_equal(taken_count, 20);
    assert_false(take(&peer, 5050));
    assert_true(take(&peer, 5100));
    assert_false(take(&peer, 5100));
    taken_count = 0;
    while (taken_count < 1000 && take(&peer, 10000000)) {
        taken_count++;
    }
    assert_int_equal(taken_count, 20);
}

static void addresses_do_not_share(void **state)
{
    (void)state;
    struct sockaddr_in first = ipv4(0x7F000001);
    struct sockaddr_in second = ipv4(0x7F000002);
    rate_init(&rate, 1, 1);
    assert_true(take(&first, 1000));
    assert_true(take(&first, 1000));
    assert_false(take(&first, 1000));
    assert_true(take(&second, 1000));
}

static void one_ipv6_network_is_one_address(void **state)
{
    (void)state;
    struct sockaddr_in6 peer = {.sin6_family = AF_INET6};
    peer.sin6_addr.s6_addr[0] = 0x20;
    rate_init(&rate, 1, 1);
    assert_true(take(&peer, 1000));
    peer.sin6_addr.s6_addr[15] = 1;
    assert_true(take(&peer, 1000));
    peer.sin6_addr.s6_addr[15] = 2;
    assert_false(take(&peer, 1000));
}

/* However many addresses come, memory stays; the one seen last is still known. */
static void many_addresses_displace_the_oldest(void **state)
{
    (void)state;
    rate_init(&rate, 1, 1);
    for (uint32_t address = 0; address < 100000; address++) {
        struct sockaddr_in peer = ipv4(address);
        assert_true(take(&peer, 1000 + address));
        assert_true(take(&peer, 1000 + address));
        assert_false(take(&peer, 1000 + address));
    }
}

static void clock_that_stands_or_falls_is_harmless(void **state)
{
    (void)state;
    struct sockaddr_in peer = ipv4(1);
    rate_init(&rate, 1, 1);
    assert_true(take(&peer, 5000));
    assert_true(take(&peer, 4000));
    assert_false(take(&peer, 3000));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(burst_then_rate),
        cmocka_unit_test(addresses_do_not_share),
        cmocka_unit_test(one_ipv6_network_is_one_address),
        cmocka_unit_test(many_addresses_displace_the_oldest),
        cmocka_unit_test(clock_that_stands_or_falls_is_harmless),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
