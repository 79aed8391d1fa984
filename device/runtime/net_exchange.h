/* One request to `net` and its reply, for net_client.c and net_server.c. */
#ifndef DEVICE_RUNTIME_NET_EXCHANGE_H
#define DEVICE_RUNTIME_NET_EXCHANGE_H

#include "base/error.h"
#include "base/reader.h"
#include "base/writer.h"
#include "device/runtime/net_protocol.h"

/* Starts a request in memory that the compartment's one thread uses for every request. */
void net_exchange_begin(struct writer *writer, enum net_operation operation);
/* A time-out as net takes it. */
uint32_t net_exchange_bounded(uint32_t timeout_ms);
/* Sends what the writer holds; the reply takes its place. reader is left after the error code.
 * errors  what net says; KERNEL_*; NET_CLOSED if the reply cannot be read */
MUST_USE struct error net_exchange_run(const struct writer *writer, uint32_t timeout_ms, struct reader *reader);

#endif
