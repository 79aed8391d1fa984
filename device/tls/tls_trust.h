/* Whether a peer must prove who it is (threat T-01). */
#ifndef DEVICE_TLS_TLS_TRUST_H
#define DEVICE_TLS_TLS_TRUST_H

#include <stddef.h>

/* The library's verification mode for a connection with that many trust anchors. */
int tls_trust_mode(size_t anchor_count);

#endif
