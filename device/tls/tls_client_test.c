#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>
#include <time.h>
#include <unistd.h>

#include "device/tls/tls_client.h"
#include "tests/device/support/test_pki.h"
#include "tests/device/support/test_runtime.h"
#include "tests/device/support/test_server.h"

#define SERVER_NAME "service.sopris"
#define TIMEOUT_MS 5000
#define SHORT_TIMEOUT_MS 300
/* Structures are about twice as large as on the device. */
#define HEAP_SIZE_BYTES (40 * 1024)

static uint8_t heap[HEAP_SIZE_BYTES] __attribute__((aligned(16)));
static struct test_pki pki;
static uint8_t server_exporter[TLS_CLIENT_EXPORTER_SIZE_BYTES];
static uint64_t monitor_time_s; /* 0: not known */
static bool monitor_signs;
static unsigned sign_count;

static struct error monitor_time(struct buffer *reply)
{
    memset(reply->data, 0, 13);
    reply->data[4] = monitor_time_s != 0;
    for (size_t i = 0; i < 8; i++) {
        reply->data[5 + i] = (uint8_t)(monitor_time_s >> (56 - 8 * i));
    }
    reply->size = 13;
    return ERROR_NONE;
}

/* The operational key, as the monitor holds it: raw r and s over a digest. */
static struct error monitor_sign(struct span digest, struct buffer *reply)
{
    unsigned char der[80];
    size_t der_size = sizeof(der);
    const unsigned char *cursor = der;
    const BIGNUM *r = NULL;
    const BIGNUM *s = NULL;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(pki.client.key, NULL);

    assert_int_equal(EVP_PKEY_sign_init(context), 1);
    assert_int_equal(EVP_PKEY_sign(context, der, &der_size, digest.data, digest.size), 1);
    EVP_PKEY_CTX_free(context);
    ECDSA_SIG *signature = d2i_ECDSA_SIG(NULL, &cursor, (long)der_size);
    ECDSA_SIG_get0(signature, &r, &s);
    BN_bn2binpad(r, reply->data, 32);
    BN_bn2binpad(s, reply->data + 32, 32);
    ECDSA_SIG_free(signature);
    reply->size = 64;
    sign_count++;
    return ERROR_NONE;
}

static struct error monitor(enum monitor_call number, struct span request, struct buffer *reply)
{
    if (number == MONITOR_CALL_TIME) {
        return monitor_time(reply);
    }
    if (number == MONITOR_CALL_OPERATIONAL_SIGN && monitor_signs) {
        return monitor_sign(request, reply);
    }
    return ERROR(MONITOR, STATE);
}

/* Sends back what comes, and keeps the exporter value. */
static void echo(struct test_server *server, int fd, SSL *ssl)
{
    uint8_t bytes[4096];
    int size;

    (void)server;
    (void)fd;
    SSL_export_keying_material(ssl, server_exporter, sizeof(server_exporter), "EXPORTER-Channel-Binding", 24, NULL, 0,
                               0);
    while ((size = SSL_read(ssl, bytes, sizeof(bytes))) > 0) {
        (void)SSL_write(ssl, bytes, size);
    }
}

static struct tls_client_peer peer_of(const struct test_server *server)
{
    return (struct tls_client_peer){
        .host = "127.0.0.1",
        .port = server->port,
        .name = SERVER_NAME,
        .trust_count = 1,
        .trust = {test_certificate_der(&pki.root)},
    };
}

static struct test_server_options trusted_options(void)
{
    return (struct test_server_options){.certificate = &pki.server, .chain = &pki.ca, .handler = echo};
}

static void assert_error(struct error error, enum error_code code)
{
    if (!error_is(error, code)) {
        fail_msg("%s where %s was due", error_name(error), error_name((struct error){(uint32_t)code}));
    }
}

/* Starts a server with the options, tries to connect, and gives the result. */
static struct error try_open(const struct test_server_options *options, uint32_t timeout_ms)
{
    static struct tls_client client;
    struct test_server server;

    test_server_start(&server, options);
    struct tls_client_peer peer = peer_of(&server);
    struct error error = tls_client_open(&client, &peer, timeout_ms);
    tls_client_close(&client);
    test_server_stop(&server);
    return error;
}

static void bytes_go_there_and_back_and_the_exporter_is_the_peers(void **state)
{
    struct test_server_options options = trusted_options();
    struct tls_client client;
    struct test_server server;
    uint8_t sent[6000];
    uint8_t memory[sizeof(sent)];
    uint8_t exporter[TLS_CLIENT_EXPORTER_SIZE_BYTES];
    struct buffer received = BUFFER_OF(memory);

    (void)state;
    for (size_t i = 0; i < sizeof(sent); i++) {
        sent[i] = (uint8_t)(i * 7);
    }
    test_server_start(&server, &options);
    struct tls_client_peer peer = peer_of(&server);
    assert_error(tls_client_open(&client, &peer, TIMEOUT_MS), ERROR_CODE_NONE);
    assert_error(tls_client_exporter(&client, "EXPORTER-Channel-Binding", exporter), ERROR_CODE_NONE);
    assert_error(tls_client_write(&client, SPAN_OF(sent), TIMEOUT_MS), ERROR_CODE_NONE);
    while (received.size < sizeof(sent)) {
        assert_error(tls_client_read(&client, &received, TIMEOUT_MS), ERROR_CODE_NONE);
    }
    assert_memory_equal(sent, memory, sizeof(sent));
    received.size = 0;
    assert_error(tls_client_read(&client, &received, SHORT_TIMEOUT_MS), ERROR_CODE_NET_TIMEOUT);
    assert_error(tls_client_write(&client, span_of(sent, 10), TIMEOUT_MS), ERROR_CODE_NONE);
    assert_error(tls_client_read(&client, &received, TIMEOUT_MS), ERROR_CODE_NONE);
    assert_int_equal(received.size, 10);
    tls_client_close(&client);
    test_server_stop(&server);
    assert_memory_equal(exporter, server_exporter, sizeof(exporter));
}

static void the_operational_key_signs_through_the_monitor(void **state)
{
    struct test_server_options options = trusted_options();
    struct tls_client client;
    struct test_server server;
    uint8_t memory[16];
    struct buffer received = BUFFER_OF(memory);

    (void)state;
    options.client_ca = &pki.ca;
    test_server_start(&server, &options);
    struct tls_client_peer peer = peer_of(&server);
    peer.certificate = test_certificate_der(&pki.client);
    monitor_signs = true;
    sign_count = 0;
    assert_error(tls_client_open(&client, &peer, TIMEOUT_MS), ERROR_CODE_NONE);
    assert_error(tls_client_write(&client, SPAN_OF("hello"), TIMEOUT_MS), ERROR_CODE_NONE);
    assert_error(tls_client_read(&client, &received, TIMEOUT_MS), ERROR_CODE_NONE);
    tls_client_close(&client);
    assert_int_equal(sign_count, 1);

    monitor_signs = false;
    assert_error(tls_client_open(&client, &peer, TIMEOUT_MS), ERROR_CODE_TLS_HANDSHAKE);
    test_server_stop(&server);
}

/* T-01 */
static void a_server_that_the_owner_did_not_certify_is_refused(void **state)
{
    struct test_pki stranger;
    struct test_server_options options = trusted_options();

    (void)state;
    test_pki_make(&stranger, SERVER_NAME);
    options.certificate = &stranger.server;
    options.chain = &stranger.ca;
    assert_error(try_open(&options, TIMEOUT_MS), ERROR_CODE_TLS_UNTRUSTED);
    options.chain = NULL;
    assert_error(try_open(&options, TIMEOUT_MS), ERROR_CODE_TLS_UNTRUSTED);
    test_pki_free(&stranger);
}

/* T-01: a certificate of the right owner for another purpose is not enough. */
static void another_name_is_refused(void **state)
{
    struct test_certificate other;
    struct test_certificate_options certificate_options = {"broker.sopris", &pki.ca, 0, -60, 86400, NULL};
    struct test_server_options options = trusted_options();

    (void)state;
    test_certificate_make(&other, &certificate_options);
    options.certificate = &other;
    assert_error(try_open(&options, TIMEOUT_MS), ERROR_CODE_TLS_UNTRUSTED);
    test_certificate_free(&other);
}

static void dates_count_once_the_time_is_known(void **state)
{
    struct test_certificate expired;
    struct test_certificate future;
    struct test_certificate_options expired_options = {SERVER_NAME, &pki.ca, 0, -7200, -3600, NULL};
    struct test_certificate_options future_options = {SERVER_NAME, &pki.ca, 0, 3600, 7200, NULL};
    struct test_server_options options = trusted_options();

    (void)state;
    test_certificate_make(&expired, &expired_options);
    test_certificate_make(&future, &future_options);
    options.certificate = &expired;
    assert_error(try_open(&options, TIMEOUT_MS), ERROR_CODE_NONE);
    monitor_time_s = (uint64_t)time(NULL);
    assert_error(try_open(&options, TIMEOUT_MS), ERROR_CODE_TLS_UNTRUSTED);
    options.certificate = &future;
    assert_error(try_open(&options, TIMEOUT_MS), ERROR_CODE_TLS_UNTRUSTED);
    options.certificate = &pki.server;
    assert_error(try_open(&options, TIMEOUT_MS), ERROR_CODE_NONE);
    monitor_time_s = 0;
    test_certificate_free(&expired);
    test_certificate_free(&future);
}

static void a_provisional_connection_takes_any_certificate(void **state)
{
    struct test_pki stranger;
    struct tls_client client;
    struct test_server server;

    (void)state;
    test_pki_make(&stranger, "somebody.else");
    struct test_server_options options = {.certificate = &stranger.server, .handler = echo};
    test_server_start(&server, &options);
    struct tls_client_peer peer = {.host = "127.0.0.1", .port = server.port, .name = SERVER_NAME};
    assert_error(tls_client_open(&client, &peer, TIMEOUT_MS), ERROR_CODE_NONE);
    tls_client_close(&client);
    test_server_stop(&server);
    test_pki_free(&stranger);
}

static void weaker_or_other_cryptography_is_refused(void **state)
{
    struct test_certificate p384;
    struct test_certificate_options p384_options = {SERVER_NAME, &pki.ca, 0, -60, 86400, "P-384"};
    struct test_server_options options = trusted_options();

    (void)state;
    options.max_version = TLS1_2_VERSION;
    assert_error(try_open(&options, TIMEOUT_MS), ERROR_CODE_TLS_HANDSHAKE);
    options = trusted_options();
    options.groups = "P-384";
    assert_error(try_open(&options, TIMEOUT_MS), ERROR_CODE_TLS_HANDSHAKE);
    test_certificate_make(&p384, &p384_options);
    options = trusted_options();
    options.certificate = &p384;
    assert_error(try_open(&options, TIMEOUT_MS), ERROR_CODE_TLS_HANDSHAKE);
    test_certificate_free(&p384);
}

static void send_garbage(struct test_server *server, int fd, SSL *ssl)
{
    uint8_t hello[2048];
    const struct span *garbage = server->options.context;

    (void)ssl;
    (void)!read(fd, hello, sizeof(hello));
    (void)!write(fd, garbage->data, garbage->size);
}

static void stay_silent(struct test_server *server, int fd, SSL *ssl)
{
    uint8_t bytes[64];

    (void)server;
    (void)ssl;
    while (read(fd, bytes, sizeof(bytes)) > 0) {
    }
}

/* One byte of an endless record now and then: no single wait is long, the whole is. */
static void drip(struct test_server *server, int fd, SSL *ssl)
{
    static const uint8_t record[] = {22, 3, 3, 0x0F, 0xFF, 2};

    (void)server;
    (void)ssl;
    for (size_t i = 0; i < 100; i++) {
        if (write(fd, i < sizeof(record) ? &record[i] : &record[0], 1) != 1) {
            return;
        }
        usleep(20000);
    }
}

/* T-20 */
static void a_hostile_peer_costs_an_error_and_a_bounded_time(void **state)
{
    static uint8_t zeros[3000];
    static const struct span texts[] = {
        {(const uint8_t *)"HTTP/1.1 400 Bad Request\r\n\r\n", 28},
        {(const uint8_t *)"\x16\x03\x03\xff\xff", 5},
        {(const uint8_t *)"\x15\x03\x03\x00\x02\x02\x28", 7},
        {(const uint8_t *)"\x16\x03\x03\x00\x04\x02\x00\x00\x00", 9},
        {zeros, sizeof(zeros)},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct test_server_options options = {.handler = send_garbage, .context = (void *)(uintptr_t)&texts[i]};
        struct error error = try_open(&options, TIMEOUT_MS);
        assert_true(error_is(error, ERROR_CODE_TLS_HANDSHAKE) || error_is(error, ERROR_CODE_NET_CLOSED));
    }
    const test_server_handler slow[] = {stay_silent, drip};
    for (size_t i = 0; i < 2; i++) {
        struct test_server_options options = {.handler = slow[i]};
        uint32_t start_ms = runtime_time_ms();
        assert_error(try_open(&options, SHORT_TIMEOUT_MS), ERROR_CODE_NET_TIMEOUT);
        assert_in_range(runtime_time_ms() - start_ms, SHORT_TIMEOUT_MS, 10 * SHORT_TIMEOUT_MS);
    }
}

static void nothing_is_left_of_many_connections(void **state)
{
    struct test_server_options good = trusted_options();
    struct test_server_options bad = trusted_options();

    (void)state;
    bad.groups = "P-384";
    for (int i = 0; i < 30; i++) {
        assert_error(try_open(&bad, TIMEOUT_MS), ERROR_CODE_TLS_HANDSHAKE);
        assert_error(try_open(&good, TIMEOUT_MS), ERROR_CODE_NONE);
    }
}

static int set_up(void **state)
{
    (void)state;
    test_pki_make(&pki, SERVER_NAME);
    test_runtime_set_monitor(monitor);
    return error_is_none(tls_client_setup((struct buffer)BUFFER_OF(heap))) ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    test_pki_free(&pki);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_go_there_and_back_and_the_exporter_is_the_peers),
        cmocka_unit_test(the_operational_key_signs_through_the_monitor),
        cmocka_unit_test(a_server_that_the_owner_did_not_certify_is_refused),
        cmocka_unit_test(another_name_is_refused),
        cmocka_unit_test(dates_count_once_the_time_is_known),
        cmocka_unit_test(a_provisional_connection_takes_any_certificate),
        cmocka_unit_test(weaker_or_other_cryptography_is_refused),
        cmocka_unit_test(a_hostile_peer_costs_an_error_and_a_bounded_time),
        cmocka_unit_test(nothing_is_left_of_many_connections),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
