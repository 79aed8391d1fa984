/* Requests of apps, and a session with a scripted broker over real mutual TLS. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "device/compartments/hub/hub_session.h"
#include "device/compartments/hub/hub_settings.h"
#include "tests/device/support/test_runtime.h"
#include "tests/device/support/test_server.h"

#define HEAP_SIZE_BYTES (48 * 1024)
#define PACKET_COUNT_MAX 8

static uint8_t heap[HEAP_SIZE_BYTES] __attribute__((aligned(16)));
static struct test_pki pki;
static struct hub_session session;
static bool certificate_there;
static bool service_ca_there;

/* What the scripted broker sends after each packet that it gets, and what it got. */
static struct {
    struct span replies[PACKET_COUNT_MAX];
    size_t reply_count;
    uint8_t packets[PACKET_COUNT_MAX][256];
    size_t packet_sizes[PACKET_COUNT_MAX];
    size_t packet_count;
} broker;

#define BYTES(literal) span_of(literal, sizeof(literal) - 1)

/* One packet with a length of one or two bytes. */
static size_t read_packet(SSL *ssl, uint8_t *packet, size_t capacity)
{
    size_t size = 0;
    size_t length = 0;

    do {
        if (SSL_read(ssl, packet + size, 1) != 1) {
            return 0;
        }
        if (size > 0) {
            length |= (size_t)(packet[size] & 0x7F) << (7 * (size - 1));
        }
        size++;
    } while (size < 2 || (packet[size - 1] & 0x80) != 0);
    for (size_t end = size + length; size < end; size++) {
        if (size == capacity || SSL_read(ssl, packet + size, 1) != 1) {
            return 0;
        }
    }
    return size;
}

static void serve(struct test_server *server, int fd, SSL *ssl)
{
    (void)server;
    (void)fd;
    while (broker.packet_count < PACKET_COUNT_MAX) {
        size_t index = broker.packet_count;
        size_t size = read_packet(ssl, broker.packets[index], sizeof(broker.packets[index]));
        if (size == 0) {
            return;
        }
        broker.packet_sizes[index] = size;
        broker.packet_count++;
        if (index < broker.reply_count && broker.replies[index].size > 0) {
            (void)SSL_write(ssl, broker.replies[index].data, (int)broker.replies[index].size);
        }
    }
}

static struct error sign(struct span digest, struct buffer *reply)
{
    unsigned char der[80];
    size_t der_size = sizeof(der);
    const unsigned char *cursor = der;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(pki.client.key, NULL);

    assert_int_equal(EVP_PKEY_sign_init(context), 1);
    assert_int_equal(EVP_PKEY_sign(context, der, &der_size, digest.data, digest.size), 1);
    EVP_PKEY_CTX_free(context);
    ECDSA_SIG *signature = d2i_ECDSA_SIG(NULL, &cursor, (long)der_size);
    BN_bn2binpad(ECDSA_SIG_get0_r(signature), reply->data, 32);
    BN_bn2binpad(ECDSA_SIG_get0_s(signature), reply->data + 32, 32);
    ECDSA_SIG_free(signature);
    reply->size = 64;
    return ERROR_NONE;
}

static struct error give(struct buffer *reply, const struct test_certificate *certificate)
{
    memcpy(reply->data, certificate->der, certificate->der_size);
    reply->size = certificate->der_size;
    return ERROR_NONE;
}

static struct error monitor(enum monitor_call number, struct span request, struct buffer *reply)
{
    if (number == MONITOR_CALL_OPERATIONAL_SIGN) {
        return sign(request, reply);
    }
    if (number != MONITOR_CALL_CERTIFICATE) {
        return ERROR(MONITOR, STATE);
    }
    if (request.data[0] == MONITOR_CERTIFICATE_OWNER_ROOT) {
        return give(reply, &pki.root);
    }
    if (request.data[0] == MONITOR_CERTIFICATE_SERVICE_CA && service_ca_there) {
        return give(reply, &pki.ca);
    }
    bool operational = request.data[0] == MONITOR_CERTIFICATE_OPERATIONAL && certificate_there;
    return operational ? give(reply, &pki.client) : ERROR(MONITOR, NOT_FOUND);
}

static struct test_server server;

static void start(void)
{
    struct test_server_options options = {
        .certificate = &pki.server,
        .chain = &pki.ca,
        .client_ca = &pki.ca,
        .handler = serve,
    };

    test_server_start(&server, &options);
}

static struct error open_session(void)
{
    struct hub_broker address = {"127.0.0.1", server.port};

    return hub_session_open(&session, &address);
}

static void stop(void)
{
    hub_session_close(&session);
    test_server_stop(&server);
}

static void assert_error(struct error error, enum error_code code)
{
    if (!error_is(error, code)) {
        fail_msg("%s where %s was due", error_name(error), error_name((struct error){(uint32_t)code}));
    }
}

static void script(struct span first, struct span second, struct span third)
{
    broker.replies[0] = first;
    broker.replies[1] = second;
    broker.replies[2] = third;
    broker.reply_count = 3;
}

static void a_message_goes_out_under_the_devices_own_topic(void **state)
{
    static const struct hub_request request = {1, {(const uint8_t *)"a/b", 3}, {(const uint8_t *)"{}", 2}};
    static const struct hub_request unacknowledged = {0, {(const uint8_t *)"c", 1}, {NULL, 0}};

    (void)state;
    script(BYTES("\x20\x02\x00\x00"), BYTES("\x40\x02\x00\x01"), BYTES("\xD0\x00"));
    start();
    assert_error(open_session(), ERROR_CODE_NONE);
    assert_error(hub_session_publish(&session, &request), ERROR_CODE_NONE);
    assert_error(hub_session_ping(&session), ERROR_CODE_NONE);
    assert_error(hub_session_publish(&session, &unacknowledged), ERROR_CODE_NONE);
    stop();
    assert_int_equal(broker.packet_count, 5);
    assert_memory_equal(broker.packets[0], "\x10\x4E\x00\x04MQTT\x04\x02\x00\x3C\x00\x42"
                                           "0102", 18);
    assert_memory_equal(broker.packets[1], "\x32\x54\x00\x4E"
                                           "devices/0102", 16);
    assert_memory_equal(broker.packets[1] + 78, "/a/b\x00\x01{}", 8);
    assert_memory_equal(broker.packets[2], "\xC0\x00", 2);
    assert_int_equal(broker.packets[3][0], 0x30);
    assert_memory_equal(broker.packets[4], "\xE0\x00", 2);
}

static void without_a_certificate_there_is_no_connection(void **state)
{
    (void)state;
    certificate_there = false;
    start();
    assert_error(open_session(), ERROR_CODE_MONITOR_NOT_FOUND);
    stop();
    assert_int_equal(atomic_load(&server.connection_count), 0);
}

static void a_refusal_is_told(void **state)
{
    (void)state;
    script(BYTES("\x20\x02\x00\x05"), SPAN_EMPTY, SPAN_EMPTY);
    start();
    assert_error(open_session(), ERROR_CODE_MQTT_REFUSED);
    assert_false(hub_session_is_open(&session));
    stop();
}

/* T-20 */
static void a_hostile_broker_is_an_error(void **state)
{
    static const struct hub_request request = {1, {(const uint8_t *)"a", 1}, {NULL, 0}};
    const struct {
        struct span connack;
        struct span puback;
        enum error_code at_open;
        enum error_code at_publish;
    } cases[] = {
        {BYTES("\x30\x80\x80\x80\x01"), SPAN_EMPTY, ERROR_CODE_MQTT_STRUCTURE, ERROR_CODE_NONE},
        {BYTES("HTTP/1.1 400"), SPAN_EMPTY, ERROR_CODE_MQTT_STRUCTURE, ERROR_CODE_NONE},
        {BYTES("\xD0\x00"), SPAN_EMPTY, ERROR_CODE_MQTT_STRUCTURE, ERROR_CODE_NONE},
        {BYTES("\x20\x02\x00\x00"), BYTES("\x40\x02\x00\x09"), ERROR_CODE_NONE, ERROR_CODE_MQTT_STRUCTURE},
        {BYTES("\x20\x02\x00\x00"), BYTES("\xD0\x00"), ERROR_CODE_NONE, ERROR_CODE_MQTT_STRUCTURE},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct ueid ueid = {{1, 2}};
        memset(&broker, 0, sizeof(broker));
        hub_session_init(&session, &ueid);
        script(cases[i].connack, cases[i].puback, SPAN_EMPTY);
        start();
        assert_error(open_session(), cases[i].at_open);
        if (cases[i].at_open == ERROR_CODE_NONE) {
            assert_error(hub_session_publish(&session, &request), cases[i].at_publish);
        }
        stop();
    }
}

/* T-01: a broker that the owner did not certify, before the service has named its CA and after. */
static void a_strange_broker_is_refused(void **state)
{
    struct test_pki stranger;

    (void)state;
    test_pki_make(&stranger, HUB_BROKER_NAME);
    struct test_server_options options = {.certificate = &stranger.server, .chain = &stranger.ca, .handler = serve};
    for (int round = 0; round < 2; round++) {
        service_ca_there = round == 1;
        test_server_start(&server, &options);
        assert_error(open_session(), ERROR_CODE_TLS_UNTRUSTED);
        stop();
        assert_int_equal(broker.packet_count, 0);
    }
    service_ca_there = false;
    test_pki_free(&stranger);
}

static struct error parse(const char *suffix, struct hub_request *request)
{
    uint8_t bytes[300] = {HUB_OPERATION_PUBLISH, 0, (uint8_t)strlen(suffix)};

    memcpy(bytes + 3, suffix, strlen(suffix));
    return hub_request_parse(span_of(bytes, 3 + strlen(suffix) + 4), request);
}

/* T-08: no suffix leads to another device's topics or matches several. */
static void suffixes_stay_below_the_device(void **state)
{
    static const char *const good[] = {"a", "temperature", "room-1/t_2.x", "0/1/2"};
    static const char *const bad[] = {"", "/", "/a", "a/", "a//b", "+", "a/+", "#", "a#", "a b", "\x01", "\xC3\xA4", "$SYS"};
    struct hub_request request;
    char longest[HUB_PROTOCOL_SUFFIX_SIZE_BYTES_MAX + 2];

    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        assert_error(parse(good[i], &request), ERROR_CODE_NONE);
        assert_int_equal(request.suffix.size, strlen(good[i]));
        assert_int_equal(request.payload.size, 4);
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_error(parse(bad[i], &request), ERROR_CODE_KERNEL_ARGUMENT);
    }
    memset(longest, 'a', sizeof(longest));
    longest[sizeof(longest) - 1] = '\0';
    assert_error(parse(longest, &request), ERROR_CODE_MQTT_SIZE);
    assert_error(parse(longest + 1, &request), ERROR_CODE_NONE);
}

static void malformed_requests_are_refused(void **state)
{
    static const struct {
        size_t size;
        uint8_t bytes[5];
    } bad[] = {
        {0, {0}}, {2, {1, 0}}, {4, {1, 0, 2, 'a'}}, {4, {2, 0, 1, 'a'}}, {4, {1, 2, 1, 'a'}},
    };
    static uint8_t large[4 + HUB_PROTOCOL_PAYLOAD_SIZE_BYTES_MAX + 1] = {1, 0, 1, 'a'};
    struct hub_request request;

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_error(hub_request_parse(span_of(bad[i].bytes, bad[i].size), &request), ERROR_CODE_KERNEL_ARGUMENT);
    }
    assert_error(hub_request_parse(SPAN_OF(large), &request), ERROR_CODE_MQTT_SIZE);
    assert_error(hub_request_parse(span_of(large, sizeof(large) - 1), &request), ERROR_CODE_NONE);
}

static int before_each(void **state)
{
    static const struct ueid ueid = {{1, 2}};

    (void)state;
    memset(&broker, 0, sizeof(broker));
    certificate_there = true;
    hub_session_init(&session, &ueid);
    return 0;
}

static int set_up(void **state)
{
    (void)state;
    test_pki_make(&pki, HUB_BROKER_NAME);
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
        cmocka_unit_test_setup(a_message_goes_out_under_the_devices_own_topic, before_each),
        cmocka_unit_test_setup(without_a_certificate_there_is_no_connection, before_each),
        cmocka_unit_test_setup(a_refusal_is_told, before_each),
        cmocka_unit_test_setup(a_hostile_broker_is_an_error, before_each),
        cmocka_unit_test_setup(a_strange_broker_is_refused, before_each),
        cmocka_unit_test_setup(suffixes_stay_below_the_device, before_each),
        cmocka_unit_test_setup(malformed_requests_are_refused, before_each),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
