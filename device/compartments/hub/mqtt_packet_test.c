#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "device/compartments/hub/mqtt_packet.h"

static void packets_are_written_as_the_standard_says(void **state)
{
    static const uint8_t expected[] = {
        0x10, 14, 0, 4, 'M', 'Q', 'T', 'T', 4, 2, 0, 60, 0, 2, 'i', 'd', /* CONNECT */
        0x30, 5,  0, 1, 't', 'h', 'i',                                   /* PUBLISH, 0 */
        0x32, 7,  0, 1, 't', 1,   2,   'h', 'i',                         /* PUBLISH, 1 */
        0xC0, 0,                                                         /* PINGREQ */
        0xE0, 0,                                                         /* DISCONNECT */
    };
    uint8_t bytes[64];
    struct writer writer;
    struct mqtt_publish publish = {span_of("t", 1), span_of("hi", 2), 0, 0};

    (void)state;
    writer_init(&writer, bytes, sizeof(bytes));
    assert_true(error_is_none(mqtt_packet_write_connect(&writer, span_of("id", 2), 60)));
    assert_true(error_is_none(mqtt_packet_write_publish(&writer, &publish)));
    publish.quality_of_service = 1;
    publish.identifier = 0x0102;
    assert_true(error_is_none(mqtt_packet_write_publish(&writer, &publish)));
    assert_true(error_is_none(mqtt_packet_write_pingreq(&writer)));
    assert_true(error_is_none(mqtt_packet_write_disconnect(&writer)));
    assert_int_equal(writer.size, sizeof(expected));
    assert_memory_equal(bytes, expected, sizeof(expected));
}

static void lengths_take_more_bytes_as_they_grow(void **state)
{
    static const struct {
        size_t payload_size;
        uint8_t head[4];
        size_t head_size;
    } cases[] = {
        {124, {0x30, 127}, 2},
        {125, {0x30, 0x80, 1}, 3},
        {16380, {0x30, 0xFF, 0x7F}, 3},
        {16381, {0x30, 0x80, 0x80, 1}, 4},
    };
    static uint8_t payload[16400];
    static uint8_t bytes[17000];
    struct writer writer;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct mqtt_publish publish = {span_of("t", 1), span_of(payload, cases[i].payload_size), 0, 0};
        writer_init(&writer, bytes, sizeof(bytes));
        assert_true(error_is_none(mqtt_packet_write_publish(&writer, &publish)));
        assert_memory_equal(bytes, cases[i].head, cases[i].head_size);
        assert_int_equal(writer.size, cases[i].head_size + 3 + cases[i].payload_size);
    }
}

static void what_does_not_fit_is_refused(void **state)
{
    static uint8_t topic[MQTT_PACKET_TOPIC_SIZE_BYTES_MAX + 1];
    uint8_t bytes[16];
    struct writer writer;
    struct mqtt_publish publish = {SPAN_OF(topic), SPAN_EMPTY, 0, 0};

    (void)state;
    writer_init(&writer, bytes, sizeof(bytes));
    assert_true(error_is(mqtt_packet_write_publish(&writer, &publish), ERROR_CODE_MQTT_SIZE));
    publish.topic = span_of("t", 1);
    publish.quality_of_service = 2;
    assert_true(error_is(mqtt_packet_write_publish(&writer, &publish), ERROR_CODE_MQTT_SIZE));
    publish.quality_of_service = 1;
    assert_true(error_is(mqtt_packet_write_publish(&writer, &publish), ERROR_CODE_MQTT_SIZE));
    publish.quality_of_service = 0;
    publish.payload = span_of(topic, 100);
    assert_true(error_is(mqtt_packet_write_publish(&writer, &publish), ERROR_CODE_MQTT_SIZE));
    assert_true(error_is(mqtt_packet_write_connect(&writer, SPAN_EMPTY, 1), ERROR_CODE_MQTT_SIZE));
}

static void a_brokers_packets_are_read(void **state)
{
    static const uint8_t connack[] = {0x20, 2, 0, 5};
    static const uint8_t puback[] = {0x40, 2, 0x12, 0x34, 0xD0};
    static const uint8_t pingresp[] = {0xD0, 0};
    struct mqtt_packet packet;

    (void)state;
    assert_true(error_is_none(mqtt_packet_parse(SPAN_OF(connack), &packet)));
    assert_int_equal(packet.kind, MQTT_PACKET_CONNACK);
    assert_int_equal(packet.return_code, 5);
    assert_int_equal(packet.size_bytes, 4);
    assert_true(error_is_none(mqtt_packet_parse(SPAN_OF(puback), &packet)));
    assert_int_equal(packet.kind, MQTT_PACKET_PUBACK);
    assert_int_equal(packet.identifier, 0x1234);
    assert_int_equal(packet.size_bytes, 4);
    assert_true(error_is_none(mqtt_packet_parse(SPAN_OF(pingresp), &packet)));
    assert_int_equal(packet.kind, MQTT_PACKET_PINGRESP);
    for (size_t size = 0; size < 4; size++) {
        assert_true(error_is_none(mqtt_packet_parse(span_of(puback, size), &packet)));
        assert_int_equal(packet.size_bytes, 0);
    }
}

/* T-20 */
static void a_hostile_brokers_packets_are_refused(void **state)
{
    static const uint8_t bad[][4] = {
        {0x20, 3, 0, 0},    /* longer than a CONNACK is */
        {0x20, 2, 1, 0},    /* a session that nobody asked for */
        {0x20, 2, 0, 6},    /* no such return code */
        {0x21, 2, 0, 0},    /* reserved flag */
        {0x40, 2, 0, 0},    /* identifier 0 */
        {0x40, 0x82, 0, 1}, /* length in more bytes than needed */
        {0xD0, 1, 0, 0},    /* a PINGRESP with a body */
        {0x30, 2, 0, 0},    /* a PUBLISH to a client that does not subscribe */
        {0x10, 2, 0, 0},    /* a client's packet */
        {0x00, 0, 0, 0},    {0xF0, 0, 0, 0},
    };
    struct mqtt_packet packet;

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_true(error_is(mqtt_packet_parse(SPAN_OF(bad[i]), &packet), ERROR_CODE_MQTT_STRUCTURE));
        assert_int_equal(packet.size_bytes, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(packets_are_written_as_the_standard_says),
        cmocka_unit_test(lengths_take_more_bytes_as_they_grow),
        cmocka_unit_test(what_does_not_fit_is_refused),
        cmocka_unit_test(a_brokers_packets_are_read),
        cmocka_unit_test(a_hostile_brokers_packets_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
