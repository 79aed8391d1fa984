/* The hub's broker, limits and times. */
#ifndef DEVICE_COMPARTMENTS_HUB_HUB_SETTINGS_H
#define DEVICE_COMPARTMENTS_HUB_HUB_SETTINGS_H

/* As device/systems/base.toml declares it: net refuses anything else. */
#define HUB_BROKER_HOST "10.0.2.100"
#define HUB_BROKER_PORT 8883
#define HUB_BROKER_NAME "broker.sopris"

#define HUB_HEAP_SIZE_BYTES (18 * 1024)

#define HUB_CONNECT_TIMEOUT_MS 30000u
#define HUB_RESPONSE_TIMEOUT_MS 10000u
/* An idle connection is tried this often; the broker gives up after one and a half times the keep-alive. */
#define HUB_PING_INTERVAL_MS 30000u
#define HUB_KEEP_ALIVE_S 60
/* How soon a certificate that the agent got is seen. */
#define HUB_CERTIFICATE_POLL_MS 500u

#define HUB_BACKOFF_FIRST_MS 1000u
#define HUB_BACKOFF_LAST_MS 120000u

#endif
