/* A TLS 1.3 client over a connection of the `net` compartment, for compartments that speak to the service or a broker.
 * P-256, AES-128-GCM or -CCM, SHA-256 and nothing else. One heap per compartment, given once; no other memory.
 *
 * Time: the device has no clock. Validity periods of the peer's certificates are checked only once a signed answer of
 * the service has given the time in this boot (docs/decisions/0006-certificate-dates.md). */
#ifndef DEVICE_TLS_TLS_CLIENT_H
#define DEVICE_TLS_TLS_CLIENT_H

#include <mbedtls/ssl.h>
#include <mbedtls/x509_crt.h>

#include "base/error.h"
#include "base/span.h"

#define TLS_CLIENT_EXPORTER_SIZE_BYTES 32
#define TLS_CLIENT_TRUST_COUNT_MAX 2

struct tls_client_peer {
    const char *host; /* IPv4, dotted */
    uint16_t port;
    const char *name;                                 /* the DNS name that the peer's certificate must carry */
    size_t trust_count;                               /* 0: provisional, see tls_client_open */
    struct span trust[TLS_CLIENT_TRUST_COUNT_MAX];    /* certificates (DER) that a chain may end in */
    struct span certificate;                          /* of this device, for the operational key; empty: none */
};

/* Caller-owned; holds heap memory and a connection handle between open and close. */
struct tls_client {
    mbedtls_ssl_context ssl;
    mbedtls_ssl_config config;
    mbedtls_x509_crt trust;
    mbedtls_x509_crt certificate;
    mbedtls_pk_context key;
    uint32_t handle;
    uint32_t deadline_ms;  /* of the operation under way */
    struct error io_error; /* what net said last, so that the log can say it too */
    bool connected;
    bool open;
};

/* Once at the start of a compartment. heap lasts for ever.  errors  TLS_SETUP */
MUST_USE struct error tls_client_setup(struct buffer heap);

/* Connects and does the handshake. Everything in peer is borrowed for the call.
 * A provisional connection (trust_count 0) authenticates nobody: it only keeps onlookers out, and what comes over it
 * must be verified by its own signatures.
 * errors  NET_*, TLS_SETUP, TLS_HANDSHAKE, TLS_UNTRUSTED; nothing is left open then */
MUST_USE struct error tls_client_open(struct tls_client *client, const struct tls_client_peer *peer,
                                      uint32_t timeout_ms);
/* Sends all of data.  errors  TLS_IO, NET_*; close afterwards */
MUST_USE struct error tls_client_write(struct tls_client *client, struct span data, uint32_t timeout_ms);
/* Appends at least 1 byte to data, which must have room (asserted).
 * errors  NET_TIMEOUT (nothing lost, may be called again), TLS_IO, NET_CLOSED; close afterwards */
MUST_USE struct error tls_client_read(struct tls_client *client, struct buffer *data, uint32_t timeout_ms);
/* RFC 9266 channel binding, or another exporter without context.  errors  TLS_IO */
MUST_USE struct error tls_client_exporter(struct tls_client *client, const char *label,
                                          uint8_t out[TLS_CLIENT_EXPORTER_SIZE_BYTES]);
/* Also for a client that is not open, if it was zeroed or closed. */
void tls_client_close(struct tls_client *client);

#endif
