/* Shared by the files of front; nobody else includes it. */
#ifndef SERVICE_FRONT_FRONT_INTERNAL_H
#define SERVICE_FRONT_FRONT_INTERNAL_H

#include <event2/event.h>
#include <event2/listener.h>

#include "service/front/front.h"
#include "service/front/rate.h"

/* One TLS connection, from accept to the freeing of its SSL object. */
struct connection {
    SSL *tls;
    struct front *front;
    uint64_t start_ms;
    uint64_t last_request_ms; /* 0: none yet */
    bool has_channel_binding; /* asked for before, and kept: the exporter's secret lasts as long as the connection */
    uint8_t channel_binding[CHANNEL_BINDING_SIZE_BYTES];
    struct connection *previous;
    struct connection *next;
};

struct front {
    const struct front_options *options;
    struct event_base *base;
    struct evhttp *http;
    struct evconnlistener *listener;
    struct event *sweep;
    SSL_CTX *tls_context;
    struct core_link link;
    struct rate rate;
    struct connection connections; /* head of a ring */
    uint32_t connection_count;
    uint32_t connection_count_max;
    bool is_paused; /* no more are accepted until one goes */
};

uint64_t front_time_ms(void);
/* front_tls.c: loads certificate and key, or fails the process. */
SSL_CTX *front_tls_context(struct front *front);
/* front_connections.c */
void connections_init(struct front *front);
struct connection *connection_of(SSL *tls);
/* For evhttp: a new TLS stream. Never NULL, for evhttp would go on without TLS. */
struct bufferevent *connection_new(struct event_base *base, void *front);
/* For OpenSSL's ClientHello callback, before any costly work: may this peer go on? */
int connection_hello(SSL *tls, int *alert, void *front);

#endif
