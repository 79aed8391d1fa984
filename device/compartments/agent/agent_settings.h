/* The agent's limits and times. */
#ifndef DEVICE_COMPARTMENTS_AGENT_AGENT_SETTINGS_H
#define DEVICE_COMPARTMENTS_AGENT_AGENT_SETTINGS_H

#include "device/compartments/agent/http_response.h"
#include "formats/checkin/checkin.h"

/* TLS needs 6 to 9 KB in a handshake with two certificates on each side, and the buffers of one connection. */
#define AGENT_HEAP_SIZE_BYTES (18 * 1024)
/* One message at a time: a request is sent whole before its response is received into the same memory. */
#define AGENT_EXCHANGE_SIZE_BYTES (CHECKIN_RESPONSE_SIZE_BYTES_MAX + HTTP_RESPONSE_HEAD_SIZE_BYTES_MAX)

#define AGENT_CONNECT_TIMEOUT_MS 30000u
#define AGENT_RESPONSE_TIMEOUT_MS 20000u

/* Wait after a failure: doubles from first to last. */
#define AGENT_BACKOFF_FIRST_MS 1000u
#define AGENT_BACKOFF_LAST_MS 300000u

/* The same for a range of an image that the server is too busy for. */
#define AGENT_BUSY_WAIT_FIRST_MS 500u
#define AGENT_BUSY_WAIT_LAST_MS 8000u
#define AGENT_BUSY_ROUND_COUNT_MAX 6

/* A check-in may need a challenge and may need the certificates; whoever asks for more than that is not our service. */
#define AGENT_CHECKIN_ROUND_COUNT_MAX 4
/* Longest time between check-ins, whatever the ticket's lifetime is. */
#define AGENT_CHECKIN_INTERVAL_S_MAX 43200u
#define AGENT_CHECKIN_INTERVAL_S_MIN 1u

#endif
