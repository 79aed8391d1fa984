/* What a request says of the network: what kernel and net say, entry by entry; nothing while net does not answer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "device/compartments/agent/agent_endpoint.h"
#include "device/runtime/net_client.h"
#include "device/runtime/runtime.h"

static const struct system_endpoint declared[] = {
    {1, SYSTEM_ENDPOINT_TLS, 8443, 0x0A000264},
    {8, SYSTEM_ENDPOINT_PLAIN, 80, 0x0A000265},
    {10, SYSTEM_ENDPOINT_LISTEN, 502, 0},
};
static uint32_t used_bits;
static struct error net_error;

struct error runtime_endpoint(uint32_t index, struct system_endpoint *endpoint)
{
    if (index >= sizeof(declared) / sizeof(declared[0])) {
        return ERROR(KERNEL, ARGUMENT);
    }
    *endpoint = declared[index];
    return ERROR_NONE;
}

struct error net_client_used(uint32_t *endpoints)
{
    *endpoints = used_bits;
    return net_error;
}

static void declared_and_used_are_reported(void **state)
{
    struct checkin_request request = {0};

    (void)state;
    net_error = ERROR_NONE;
    used_bits = 5;
    agent_endpoint_fill(&request);
    assert_int_equal(request.endpoint_count, 3);
    for (size_t i = 0; i < 3; i++) {
        const struct endpoint *endpoint = &request.endpoints[i];
        assert_true(endpoint_is_valid(endpoint));
        assert_int_equal(endpoint->compartment, declared[i].compartment);
        assert_int_equal((int)endpoint->kind, declared[i].kind);
        assert_int_equal(endpoint->port, declared[i].port);
        assert_int_equal(endpoint->address, declared[i].address);
        assert_int_equal(endpoint->used, i != 1);
    }
}

static void without_net_nothing_is_said(void **state)
{
    struct checkin_request request = {0};

    (void)state;
    net_error = ERROR(KERNEL, PEER_DOWN);
    agent_endpoint_fill(&request);
    assert_int_equal(request.endpoint_count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(declared_and_used_are_reported),
        cmocka_unit_test(without_net_nothing_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
