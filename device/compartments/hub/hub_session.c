#include "device/compartments/hub/hub_session.h"

#include <string.h>

#include "base/writer.h"
#include "device/compartments/hub/hub_settings.h"
#include "device/compartments/hub/mqtt_packet.h"
#include "device/runtime/runtime.h"

#define TOPIC_PREFIX "devices/"
#define TOPIC_SIZE_BYTES_MAX \
    (sizeof(TOPIC_PREFIX) + HUB_SESSION_CLIENT_ID_SIZE_BYTES + 1 + HUB_PROTOCOL_SUFFIX_SIZE_BYTES_MAX)
#define PACKET_SIZE_BYTES_MAX \
    (MQTT_PACKET_OVERHEAD_SIZE_BYTES + TOPIC_SIZE_BYTES_MAX + HUB_PROTOCOL_PAYLOAD_SIZE_BYTES_MAX)
#define CERTIFICATE_SIZE_BYTES_MAX 1024

_Static_assert(TOPIC_SIZE_BYTES_MAX <= MQTT_PACKET_TOPIC_SIZE_BYTES_MAX, "every topic fits a packet");

static uint8_t packet_memory[PACKET_SIZE_BYTES_MAX];
/* Operational certificate, owner root, service CA, while a connection is made. */
static uint8_t certificate_memory[3][CERTIFICATE_SIZE_BYTES_MAX];

void hub_session_init(struct hub_session *session, const struct ueid *ueid)
{
    static const char digits[] = "0123456789abcdef";

    memset(session, 0, sizeof(*session));
    for (size_t i = 0; i < UEID_SIZE_BYTES; i++) {
        session->client_id[2 * i] = (uint8_t)digits[ueid->bytes[i] >> 4];
        session->client_id[2 * i + 1] = (uint8_t)digits[ueid->bytes[i] & 0xFu];
    }
}

static struct error get_certificate(enum monitor_certificate which, uint8_t memory[CERTIFICATE_SIZE_BYTES_MAX],
                                    struct span *certificate)
{
    uint8_t index[1] = {(uint8_t)which};
    struct buffer reply = {memory, CERTIFICATE_SIZE_BYTES_MAX, 0};

    TRY(runtime_monitor(MONITOR_CALL_CERTIFICATE, SPAN_OF(index), &reply));
    *certificate = span_of_buffer(&reply);
    return ERROR_NONE;
}

/* Takes packets until one of this kind is there. Whoever sends anything else than what was asked for is no broker. */
static struct error receive(struct hub_session *session, enum mqtt_packet_kind kind, struct mqtt_packet *packet)
{
    uint8_t memory[MQTT_PACKET_RECEIVED_SIZE_BYTES_MAX];
    struct buffer received = BUFFER_OF(memory);
    uint32_t start_ms = runtime_time_ms();

    for (;;) {
        TRY(mqtt_packet_parse(span_of_buffer(&received), packet));
        if (packet->size_bytes > 0) {
            break;
        }
        uint32_t elapsed_ms = runtime_time_ms() - start_ms;
        if (elapsed_ms >= HUB_RESPONSE_TIMEOUT_MS) {
            return ERROR(NET, TIMEOUT);
        }
        TRY(tls_client_read(&session->client, &received, HUB_RESPONSE_TIMEOUT_MS - elapsed_ms));
    }
    return packet->kind == kind && packet->size_bytes == received.size ? ERROR_NONE : ERROR(MQTT, STRUCTURE);
}

static struct error send_packet(struct hub_session *session, const struct writer *packet)
{
    session->last_use_ms = runtime_time_ms();
    return tls_client_write(&session->client, writer_span(packet), HUB_RESPONSE_TIMEOUT_MS);
}

static struct error say_connect(struct hub_session *session)
{
    struct mqtt_packet packet;
    struct writer writer;

    writer_init(&writer, packet_memory, sizeof(packet_memory));
    TRY(mqtt_packet_write_connect(&writer, SPAN_OF(session->client_id), HUB_KEEP_ALIVE_S));
    TRY(send_packet(session, &writer));
    TRY(receive(session, MQTT_PACKET_CONNACK, &packet));
    return packet.return_code == 0 ? ERROR_NONE : ERROR(MQTT, REFUSED);
}

struct error hub_session_open(struct hub_session *session, const struct hub_broker *broker)
{
    struct tls_client_peer peer = {.host = broker->host, .port = broker->port, .name = HUB_BROKER_NAME};

    TRY(get_certificate(MONITOR_CERTIFICATE_OPERATIONAL, certificate_memory[0], &peer.certificate));
    TRY(get_certificate(MONITOR_CERTIFICATE_OWNER_ROOT, certificate_memory[1], &peer.trust[0]));
    peer.trust_count = 1;
    /* A broker that shows its own certificate alone is known by the CA that the service named. */
    if (error_is_none(get_certificate(MONITOR_CERTIFICATE_SERVICE_CA, certificate_memory[2], &peer.trust[1]))) {
        peer.trust_count = 2;
    }
    TRY(tls_client_open(&session->client, &peer, HUB_CONNECT_TIMEOUT_MS));
    struct error error = say_connect(session);
    if (!error_is_none(error)) {
        tls_client_close(&session->client);
    }
    return error;
}

static uint16_t next_identifier(struct hub_session *session)
{
    session->last_identifier = session->last_identifier == UINT16_MAX ? 1 : (uint16_t)(session->last_identifier + 1);
    return session->last_identifier;
}

struct error hub_session_publish(struct hub_session *session, const struct hub_request *request)
{
    uint8_t topic[TOPIC_SIZE_BYTES_MAX];
    struct writer topic_writer;
    struct writer writer;
    struct mqtt_packet packet;

    writer_init(&topic_writer, topic, sizeof(topic));
    writer_bytes(&topic_writer, span_of(TOPIC_PREFIX, strlen(TOPIC_PREFIX)));
    writer_bytes(&topic_writer, SPAN_OF(session->client_id));
    writer_u8(&topic_writer, '/');
    writer_bytes(&topic_writer, request->suffix);
    struct mqtt_publish publish = {
        .topic = writer_span(&topic_writer),
        .payload = request->payload,
        .quality_of_service = request->quality_of_service,
        .identifier = request->quality_of_service == 1 ? next_identifier(session) : 0,
    };
    writer_init(&writer, packet_memory, sizeof(packet_memory));
    TRY(mqtt_packet_write_publish(&writer, &publish));
    TRY(send_packet(session, &writer));
    if (publish.quality_of_service == 0) {
        return ERROR_NONE;
    }
    TRY(receive(session, MQTT_PACKET_PUBACK, &packet));
    return packet.identifier == publish.identifier ? ERROR_NONE : ERROR(MQTT, STRUCTURE);
}

struct error hub_session_ping(struct hub_session *session)
{
    struct mqtt_packet packet;
    struct writer writer;

    writer_init(&writer, packet_memory, sizeof(packet_memory));
    TRY(mqtt_packet_write_pingreq(&writer));
    TRY(send_packet(session, &writer));
    return receive(session, MQTT_PACKET_PINGRESP, &packet);
}

bool hub_session_is_open(const struct hub_session *session)
{
    return session->client.open;
}

void hub_session_close(struct hub_session *session)
{
    struct writer writer;

    if (session->client.open) {
        writer_init(&writer, packet_memory, sizeof(packet_memory));
        if (error_is_none(mqtt_packet_write_disconnect(&writer))) {
            struct error ignored = send_packet(session, &writer);
            (void)ignored;
        }
    }
    tls_client_close(&session->client);
}
