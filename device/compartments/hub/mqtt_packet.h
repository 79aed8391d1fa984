/* MQTT 3.1.1 packets of a client that publishes and never subscribes.
 * source  OASIS MQTT 3.1.1, sections 2 and 3 */
#ifndef DEVICE_COMPARTMENTS_HUB_MQTT_PACKET_H
#define DEVICE_COMPARTMENTS_HUB_MQTT_PACKET_H

#include "base/error.h"
#include "base/span.h"
#include "base/writer.h"

enum mqtt_packet_kind {
    MQTT_PACKET_CONNACK = 2,
    MQTT_PACKET_PUBACK = 4,
    MQTT_PACKET_PINGRESP = 13,
};

struct mqtt_packet {
    enum mqtt_packet_kind kind;
    size_t size_bytes;     /* of the whole packet; 0 while it is not complete */
    uint8_t return_code;   /* CONNACK: 0 is accepted */
    uint16_t identifier;   /* PUBACK */
};

struct mqtt_publish {
    struct span topic; /* at most MQTT_PACKET_TOPIC_SIZE_BYTES_MAX */
    struct span payload;
    uint8_t quality_of_service; /* 0 or 1 */
    uint16_t identifier;        /* not 0 if the quality of service is 1 */
};

#define MQTT_PACKET_TOPIC_SIZE_BYTES_MAX 256
/* Longest packet of ours: a byte, four of length, topic with size, identifier, payload. */
#define MQTT_PACKET_OVERHEAD_SIZE_BYTES 9
/* Longest packet that a broker has for a client that does not subscribe. */
#define MQTT_PACKET_RECEIVED_SIZE_BYTES_MAX 4

/* Reads the packet at the start of input, which comes from the broker.
 * errors  MQTT_STRUCTURE, also for packets that a broker must not send to this client */
MUST_USE struct error mqtt_packet_parse(struct span input, struct mqtt_packet *out);

/* Each appends one packet.  errors  MQTT_SIZE */
MUST_USE struct error mqtt_packet_write_connect(struct writer *out, struct span client_id, uint16_t keep_alive_s);
MUST_USE struct error mqtt_packet_write_publish(struct writer *out, const struct mqtt_publish *publish);
MUST_USE struct error mqtt_packet_write_pingreq(struct writer *out);
MUST_USE struct error mqtt_packet_write_disconnect(struct writer *out);

#endif
