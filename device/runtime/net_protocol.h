/* Messages between net_client.c and the `net` compartment. Big-endian.
 *     request = u8 operation, then
 *         connect  u16 port, u32 time-out (ms), host (IPv4 dotted, not terminated, to the end)
 *         send     u32 handle, u32 time-out, bytes to the end (1 to NET_PROTOCOL_DATA_SIZE_BYTES_MAX)
 *         receive  u32 handle, u32 time-out, u16 size (1 to NET_PROTOCOL_DATA_SIZE_BYTES_MAX)
 *         close    u32 handle
 *         listen   u16 port: serves it from now on; clients of an earlier life of the compartment are dropped
 *         next     u16 port, u32 time-out, u16 size (as of receive): waits until a client of the port has something
 *         used     nothing; for compartments of base
 *     reply = u32 error code, then, on success,
 *         connect  u32 handle        send  u16 size taken        receive  bytes        close, listen  nothing
 *         next     u32 handle, bytes; no bytes: this client is gone, and its handle with it
 *         used     u32, bit n: the endpoint n of KERNEL_CALL_ENDPOINT was used since net started */
#ifndef DEVICE_RUNTIME_NET_PROTOCOL_H
#define DEVICE_RUNTIME_NET_PROTOCOL_H

#include <stdint.h>

enum net_operation {
    NET_OPERATION_CONNECT = 1,
    NET_OPERATION_SEND = 2,
    NET_OPERATION_RECEIVE = 3,
    NET_OPERATION_CLOSE = 4,
    NET_OPERATION_LISTEN = 5,
    NET_OPERATION_NEXT = 6,
    NET_OPERATION_USED = 7,
};

/* A client's handle holds its place among the clients; a new one takes the place of one that is gone. */
#define NET_PROTOCOL_CLIENT_COUNT_MAX 4
#define NET_PROTOCOL_CLIENT_PLACE(handle) ((handle) % NET_PROTOCOL_CLIENT_COUNT_MAX)

#define NET_PROTOCOL_HOST_SIZE_BYTES_MAX 15
#define NET_PROTOCOL_DATA_SIZE_BYTES_MAX 1460
/* Before the data of a request and of a reply. */
#define NET_PROTOCOL_REQUEST_HEAD_SIZE_BYTES 9
#define NET_PROTOCOL_REPLY_HEAD_SIZE_BYTES 8
#define NET_PROTOCOL_REQUEST_SIZE_BYTES_MAX (NET_PROTOCOL_REQUEST_HEAD_SIZE_BYTES + NET_PROTOCOL_DATA_SIZE_BYTES_MAX)
/* A time-out beyond this is taken as this. */
#define NET_PROTOCOL_TIMEOUT_MS_MAX 120000u
/* The caller's own wait is longer than net's, so that it is net that says what timed out. */
#define NET_PROTOCOL_GRACE_MS 5000u

#endif
