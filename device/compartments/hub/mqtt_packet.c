#include "device/compartments/hub/mqtt_packet.h"

#include "base/reader.h"

#define KIND_CONNECT 1u
#define KIND_PUBLISH 3u
#define KIND_PINGREQ 12u
#define KIND_DISCONNECT 14u
#define KIND_SHIFT 4
#define FLAGS_MASK 0x0Fu
#define QUALITY_SHIFT 1
#define PROTOCOL_LEVEL 4
#define CONNECT_CLEAN_SESSION 2
#define CONNACK_CODE_MAX 5
#define LENGTH_MAX 268435455u
#define LENGTH_CONTINUES 0x80u
#define IDENTIFIER_SIZE_BYTES 2

static const uint8_t protocol_name[] = {'M', 'Q', 'T', 'T'};

/* The body's size for each kind that a broker may send us: all are short, and so is the length field. */
static bool body_size_of(uint8_t kind, uint8_t *size)
{
    switch (kind) {
    case MQTT_PACKET_CONNACK:
    case MQTT_PACKET_PUBACK:
        *size = 2;
        return true;
    case MQTT_PACKET_PINGRESP:
        *size = 0;
        return true;
    default:
        return false;
    }
}

static struct error read_body(struct reader *reader, struct mqtt_packet *packet)
{
    if (packet->kind == MQTT_PACKET_CONNACK) {
        /* A session that was kept is not what we asked for, nor are reserved bits (3.2.2.1, 3.2.2.2). */
        uint8_t flags = reader_u8(reader);
        packet->return_code = reader_u8(reader);
        return flags == 0 && packet->return_code <= CONNACK_CODE_MAX ? ERROR_NONE : ERROR(MQTT, STRUCTURE);
    }
    if (packet->kind == MQTT_PACKET_PUBACK) {
        packet->identifier = reader_u16(reader);
        return packet->identifier != 0 ? ERROR_NONE : ERROR(MQTT, STRUCTURE);
    }
    return ERROR_NONE;
}

struct error mqtt_packet_parse(struct span input, struct mqtt_packet *out)
{
    struct mqtt_packet packet = {0};
    struct reader reader;
    uint8_t body_size = 0;

    *out = packet;
    reader_init(&reader, input);
    if (reader_remaining(&reader) == 0) {
        return ERROR_NONE;
    }
    uint8_t first = reader_u8(&reader);
    if ((first & FLAGS_MASK) != 0 || !body_size_of((uint8_t)(first >> KIND_SHIFT), &body_size)) {
        return ERROR(MQTT, STRUCTURE);
    }
    if (reader_remaining(&reader) == 0) {
        return ERROR_NONE;
    }
    if (reader_u8(&reader) != body_size) {
        return ERROR(MQTT, STRUCTURE);
    }
    if (reader_remaining(&reader) < body_size) {
        return ERROR_NONE;
    }
    packet.kind = (enum mqtt_packet_kind)(first >> KIND_SHIFT);
    packet.size_bytes = 2u + body_size;
    TRY(read_body(&reader, &packet));
    *out = packet;
    return ERROR_NONE;
}

/* First byte and length (2.2.3). */
static void write_head(struct writer *out, uint32_t kind, uint8_t flags, size_t body_size)
{
    writer_u8(out, (uint8_t)(kind << KIND_SHIFT | flags));
    do {
        uint8_t digit = (uint8_t)(body_size % LENGTH_CONTINUES);
        body_size /= LENGTH_CONTINUES;
        writer_u8(out, body_size > 0 ? (uint8_t)(digit | LENGTH_CONTINUES) : digit);
    } while (body_size > 0);
}

static void write_string(struct writer *out, struct span text)
{
    writer_u16(out, (uint16_t)text.size);
    writer_bytes(out, text);
}

static struct error finish(const struct writer *out)
{
    return writer_ok(out) ? ERROR_NONE : ERROR(MQTT, SIZE);
}

struct error mqtt_packet_write_connect(struct writer *out, struct span client_id, uint16_t keep_alive_s)
{
    if (client_id.size == 0 || client_id.size > MQTT_PACKET_TOPIC_SIZE_BYTES_MAX) {
        return ERROR(MQTT, SIZE);
    }
    write_head(out, KIND_CONNECT, 0, 2 + sizeof(protocol_name) + 1 + 1 + 2 + 2 + client_id.size);
    write_string(out, SPAN_OF(protocol_name));
    writer_u8(out, PROTOCOL_LEVEL);
    writer_u8(out, CONNECT_CLEAN_SESSION);
    writer_u16(out, keep_alive_s);
    write_string(out, client_id);
    return finish(out);
}

struct error mqtt_packet_write_publish(struct writer *out, const struct mqtt_publish *publish)
{
    bool acknowledged = publish->quality_of_service == 1;
    size_t head_size = 2 + publish->topic.size + (acknowledged ? IDENTIFIER_SIZE_BYTES : 0u);

    if (publish->topic.size == 0 || publish->topic.size > MQTT_PACKET_TOPIC_SIZE_BYTES_MAX ||
        publish->quality_of_service > 1 || (acknowledged && publish->identifier == 0) ||
        publish->payload.size > LENGTH_MAX - head_size) {
        return ERROR(MQTT, SIZE);
    }
    write_head(out, KIND_PUBLISH, (uint8_t)(publish->quality_of_service << QUALITY_SHIFT),
               head_size + publish->payload.size);
    write_string(out, publish->topic);
    if (acknowledged) {
        writer_u16(out, publish->identifier);
    }
    writer_bytes(out, publish->payload);
    return finish(out);
}

struct error mqtt_packet_write_pingreq(struct writer *out)
{
    write_head(out, KIND_PINGREQ, 0, 0);
    return finish(out);
}

struct error mqtt_packet_write_disconnect(struct writer *out)
{
    write_head(out, KIND_DISCONNECT, 0, 0);
    return finish(out);
}
