/* Ports that compartments serve. Their clients have places of their own in the pool, so that a flood of them takes nothing
 * from the connections that the device makes; of a served port the newest client gets the place of one that never spoke
 * or has been silent for long, else it is turned away.
 *
 *     client -> on_accepted -> place -> net_ring -> net_listener_next -> owner */
#ifndef DEVICE_COMPARTMENTS_NET_NET_LISTENER_H
#define DEVICE_COMPARTMENTS_NET_NET_LISTENER_H

#include "device/compartments/net/net_request.h"

#define NET_LISTENER_COUNT_MAX 4
/* Of one compartment: a second one that serves finds a place. */
#define NET_LISTENER_CLIENT_COUNT_PER_CALLER_MAX 3
/* A client that sent nothing for this long gives its place to a new one. */
#define NET_LISTENER_IDLE_MS 10000u

struct net_listener;

/* Serves NET_OPERATION_LISTEN and NET_OPERATION_NEXT; replies now or later. */
void net_listener_listen(uint32_t caller, uint16_t port);
void net_listener_next(uint32_t caller, const struct net_request *request);
/* A client of it has something to tell; NULL is nobody's. */
void net_listener_wake(struct net_listener *listener);
void net_listener_forget_wait(uint32_t caller);
/* Ends waits that are over; shortens left_ms to the time until the next ends. */
void net_listener_check_waits(uint32_t *left_ms);

#endif
