/* EXPECT=refused|succeeds in the environment: a compartment guesses another's handle (T-08), to send in its name and to close
 * its connection. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "device/compartments/net/net_fixture_test.h"

static void attack(void **state)
{
    (void)state;
    const char *expected = getenv("EXPECT");
    assert_non_null(expected);
    uint32_t handle = connect_as(AGENT);
    written_count = 0;
    /* What came of it counts, and not what the attacker is told: the reply to a send goes to the owner. */
    struct net_request request = {.operation = NET_OPERATION_SEND, .handle = handle, .data = span_of("\x16", 1)};
    net_connection_serve(HUB, &request);
    bool sent = written_count != 0;
    request.operation = NET_OPERATION_CLOSE;
    net_connection_serve(HUB, &request);
    bool closed = used_count() == 0;
    assert_int_equal(sent, closed);
    assert_string_equal(sent ? "succeeds" : "refused", expected);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(attack)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
