/* ATTACK=name EXPECT=refused|succeeds in the environment: T-01 on the host. Somebody on the way plays the service to a
 * claimed device and wants its evidence. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "device/compartments/agent/agent_checkin.h"
#include "device/compartments/agent/agent_settings.h"
#include "tests/device/support/test_runtime.h"
#include "tests/device/support/test_service.h"

#define HEAP_SIZE_BYTES (48 * 1024)

static uint8_t heap[HEAP_SIZE_BYTES] __attribute__((aligned(16)));
static uint8_t memory[AGENT_EXCHANGE_SIZE_BYTES];
static struct test_pki owner;

static struct error monitor(enum monitor_call number, struct span request, struct buffer *reply)
{
    static const uint8_t evidence[] = {0x44, 'e', 'v', 'i', 'd'};
    struct span given = SPAN_OF(evidence);

    if (number == MONITOR_CALL_CERTIFICATE && request.data[0] == MONITOR_CERTIFICATE_OWNER_ROOT) {
        given = test_certificate_der(&owner.root);
    } else if (number != MONITOR_CALL_EVIDENCE) {
        return ERROR(MONITOR, STATE);
    }
    memcpy(reply->data, given.data, given.size);
    reply->size = given.size;
    return ERROR_NONE;
}

/* True if the device sent its evidence to the false service. */
static bool attack(const struct test_pki *shown)
{
    static struct agent_checkin checkin;
    static struct test_service service;
    static struct test_service_reply reply;
    struct agent_identity identity = {.claimed = true, .host = "127.0.0.1"};
    struct agent_checkin_result result;

    test_service_problem(&reply, ERROR_CODE_CHECKIN_OVERLOADED, NULL);
    test_service_start(&service, shown, &reply, 1);
    identity.port = service.server.port;
    agent_checkin_init(&checkin, (struct buffer)BUFFER_OF(memory));
    struct error error = agent_checkin_run(&checkin, &identity, &result);
    tls_client_close(&checkin.client);
    test_service_stop(&service);
    assert_false(error_is_none(error));
    return atomic_load(&service.request_count) > 0;
}

/* A certificate with the right name from a CA of the attacker's own. */
static bool stranger(void)
{
    struct test_pki own;

    test_pki_make(&own, SERVICE_TLS_NAME);
    bool succeeded = attack(&own);
    test_pki_free(&own);
    return succeeded;
}

/* The owner's broker, broken into, shows its own genuine certificate. */
static bool broker_plays_service(void)
{
    struct test_pki shown = owner;
    struct test_certificate_options options = {"broker.sopris", &owner.ca, 0, -60, 86400, NULL};

    test_certificate_make(&shown.server, &options);
    bool succeeded = attack(&shown);
    test_certificate_free(&shown.server);
    return succeeded;
}

static void the_attack_ends_as_expected(void **state)
{
    const char *name = getenv("ATTACK");
    const char *expected = getenv("EXPECT");

    (void)state;
    assert_non_null(name);
    assert_non_null(expected);
    bool succeeded = strcmp(name, "stranger") == 0 ? stranger() : broker_plays_service();
    assert_string_equal(succeeded ? "succeeds" : "refused", expected);
}

static int set_up(void **state)
{
    (void)state;
    test_pki_make(&owner, SERVICE_TLS_NAME);
    test_runtime_set_monitor(monitor);
    return error_is_none(tls_client_setup((struct buffer)BUFFER_OF(heap))) ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    test_pki_free(&owner);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_attack_ends_as_expected)};
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
