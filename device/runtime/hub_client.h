/* Publishing to the owner's broker through the `hub` compartment. */
#ifndef DEVICE_RUNTIME_HUB_CLIENT_H
#define DEVICE_RUNTIME_HUB_CLIENT_H

#include "base/error.h"
#include "base/span.h"

/* Publishes payload under devices/<UEID in hex>/<suffix>.
 * suffix              letters, digits, '-', '_', '.', and '/' between parts; at most 64
 * payload             at most 1024 bytes
 * quality_of_service  0: sent; 1: received by the broker when this returns
 * errors  MQTT_SIZE, KERNEL_ARGUMENT (suffix), NET_UNREACHABLE (no connection at present), NET_*, TLS_*, KERNEL_* */
MUST_USE struct error hub_client_publish(const char *suffix, struct span payload, uint8_t quality_of_service,
                                         uint32_t timeout_ms);

#endif
