/* One session with the owner's broker: mutual TLS with the operational key, MQTT on top. */
#ifndef DEVICE_COMPARTMENTS_HUB_HUB_SESSION_H
#define DEVICE_COMPARTMENTS_HUB_HUB_SESSION_H

#include "device/compartments/hub/hub_request.h"
#include "device/tls/tls_client.h"
#include "formats/identity/identity.h"

#define HUB_SESSION_CLIENT_ID_SIZE_BYTES (2 * UEID_SIZE_BYTES)

struct hub_session {
    struct tls_client client;
    uint8_t client_id[HUB_SESSION_CLIENT_ID_SIZE_BYTES]; /* UEID in hex */
    uint16_t last_identifier;
    uint32_t last_use_ms;
};

struct hub_broker {
    const char *host;
    uint16_t port;
};

void hub_session_init(struct hub_session *session, const struct ueid *ueid);
/* errors  MONITOR_NOT_FOUND (no operational certificate yet), NET_*, TLS_*, MQTT_* */
MUST_USE struct error hub_session_open(struct hub_session *session, const struct hub_broker *broker);
/* With quality of service 1 it waits for the broker's acknowledgement.  errors  NET_*, TLS_*, MQTT_*: close then */
MUST_USE struct error hub_session_publish(struct hub_session *session, const struct hub_request *request);
/* Makes sure that the broker still answers.  errors  as above */
MUST_USE struct error hub_session_ping(struct hub_session *session);
bool hub_session_is_open(const struct hub_session *session);
void hub_session_close(struct hub_session *session);

#endif
