/* For tests of connections and listeners: an lwIP that only remembers, and what compartments and peers do. */
#ifndef DEVICE_COMPARTMENTS_NET_NET_FIXTURE_TEST_H
#define DEVICE_COMPARTMENTS_NET_NET_FIXTURE_TEST_H

#include <lwip/tcp.h>

#include "device/compartments/net/net_connection.h"

#define AGENT 1
#define HUB 2
#define ADDRESS 0x0A000264
#define PORT 8443
#define APP 8
#define OTHER_APP 9
#define SERVED_PORT 502

struct net_fixture_reply {
    uint32_t count;
    uint32_t caller;
    uint8_t bytes[NET_PROTOCOL_REPLY_HEAD_SIZE_BYTES + NET_PROTOCOL_DATA_SIZE_BYTES_MAX];
    size_t size_bytes;
};

/* The reply that was sent last. */
extern struct net_fixture_reply last;
extern uint32_t now_ms;
extern uint32_t refused_count; /* told to the kernel */
extern uint32_t written_count; /* to lwIP */

/* Connections that lwIP has. */
size_t used_count(void);
/* Word of the last reply. */
uint32_t reply_word(size_t place);
/* Serves a request that is answered at once; gives the error code. */
uint32_t serve(uint32_t caller, const struct net_request *request);
uint32_t use(uint32_t caller, enum net_operation operation, uint32_t handle);
uint32_t send_as(uint32_t caller, uint32_t handle, const char *bytes, size_t size);
/* Connects; the peer answers at once. Gives the handle. */
uint32_t connect_as(uint32_t caller);
uint32_t listen_as(uint32_t caller, uint16_t port);
/* A client that connects to the served port; NULL if it was turned away. */
struct tcp_pcb *arrive(void);
void say(struct tcp_pcb *pcb, const char *text);
/* The answer to NEXT, which must come at once: handle, bytes. */
uint32_t hear(uint32_t caller, const char *text);

#endif
