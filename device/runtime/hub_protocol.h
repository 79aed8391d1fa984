/* Messages between hub_client.c and the `hub` compartment. Big-endian.
 *     request = u8 operation (publish), u8 quality of service (0 or 1), u8 size of the topic suffix, suffix, payload
 *     reply   = u32 error code */
#ifndef DEVICE_RUNTIME_HUB_PROTOCOL_H
#define DEVICE_RUNTIME_HUB_PROTOCOL_H

enum hub_operation {
    HUB_OPERATION_PUBLISH = 1,
};

#define HUB_PROTOCOL_SUFFIX_SIZE_BYTES_MAX 64
#define HUB_PROTOCOL_PAYLOAD_SIZE_BYTES_MAX 1024
#define HUB_PROTOCOL_HEAD_SIZE_BYTES 3
#define HUB_PROTOCOL_REQUEST_SIZE_BYTES_MAX \
    (HUB_PROTOCOL_HEAD_SIZE_BYTES + HUB_PROTOCOL_SUFFIX_SIZE_BYTES_MAX + HUB_PROTOCOL_PAYLOAD_SIZE_BYTES_MAX)

#endif
