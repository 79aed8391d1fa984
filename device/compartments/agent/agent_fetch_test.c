/* Ranges of files from the one server or the other, and from one that is busy. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "device/compartments/agent/agent_fetch.h"
#include "device/compartments/agent/agent_settings.h"
#include "tests/device/support/test_runtime.h"
#include "tests/device/support/test_service.h"

static struct test_pki pki;
static struct test_service service;
static struct test_service_reply replies[4];
static uint8_t heap[AGENT_HEAP_SIZE_BYTES] __attribute__((aligned(8)));
static uint8_t memory[AGENT_EXCHANGE_SIZE_BYTES];
static uint8_t file[4000];
static struct agent_identity identity;
static struct agent_checkin checkin;
static struct agent_fetch fetch = {&checkin, &identity, {{0xAB}}, sizeof(file)};

static struct error monitor(enum monitor_call number, struct span request, struct buffer *reply)
{
    (void)request;
    if (number != MONITOR_CALL_CERTIFICATE) {
        return ERROR(MONITOR, CALL);
    }
    struct span root = test_certificate_der(&pki.root);
    memcpy(reply->data, root.data, root.size);
    reply->size = root.size;
    return ERROR_NONE;
}

static void must_fetch(uint32_t first)
{
    struct span body;

    assert_int_equal(agent_fetch_range(&fetch, first, 1000, &body).code, ERROR_CODE_NONE);
    assert_true(span_equal(body, span_of(file + first, 1000)));
}

static void start(size_t reply_count)
{
    test_service_start(&service, &pki, replies, reply_count);
    identity.port = service.server.port;
}

static void stop(void)
{
    tls_client_close(&checkin.client);
    test_service_stop(&service);
}

/* The name decides which server a web server in between leads to, so each has a connection of its own. */
static void the_name_says_which_server_is_meant(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 3; i++) {
        test_service_range(&replies[i], SPAN_OF(file), i * 1000, 1000, 1000);
    }
    start(3);
    must_fetch(0);
    must_fetch(1000);
    assert_string_equal(service.requests[1].host, IMAGES_TLS_NAME);
    assert_int_equal(service.requests[1].connection, 1);
    checkin.images_direct = true;
    must_fetch(2000);
    assert_string_equal(service.requests[2].host, SERVICE_TLS_NAME);
    assert_int_equal(service.requests[2].connection, 2);
    stop();
}

static void a_busy_server_is_asked_again(void **state)
{
    struct span body;

    (void)state;
    test_service_problem(&replies[0], ERROR_CODE_CHECKIN_OVERLOADED, NULL);
    test_service_range(&replies[1], SPAN_OF(file), 0, 1000, 1000);
    test_service_problem(&replies[2], ERROR_CODE_STORE_NOT_FOUND, NULL);
    start(3);
    must_fetch(0);
    assert_int_equal(agent_fetch_range(&fetch, 0, 1000, &body).code, ERROR_CODE_STORE_NOT_FOUND);
    stop();
}

static int set_up(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(file); i++) {
        file[i] = (uint8_t)(i * 7 + i / 256);
    }
    strcpy(identity.host, "127.0.0.1");
    test_pki_make(&pki, SERVICE_TLS_NAME ",DNS:" IMAGES_TLS_NAME);
    test_runtime_set_monitor(monitor);
    return error_is_none(tls_client_setup((struct buffer)BUFFER_OF(heap))) ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    test_pki_free(&pki);
    return 0;
}

static int before_each(void **state)
{
    (void)state;
    agent_checkin_init(&checkin, (struct buffer)BUFFER_OF(memory));
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(the_name_says_which_server_is_meant, before_each),
        cmocka_unit_test_setup(a_busy_server_is_asked_again, before_each),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
