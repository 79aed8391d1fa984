#include "tests/device/images/echo.h"

#include "device/runtime/net_client.h"

#define PIECE_SIZE_BYTES_MAX 2048

static uint8_t pattern_at(size_t position)
{
    return (uint8_t)(position * 31 + (position >> 8));
}

static struct error send_piece(uint32_t handle, size_t position, size_t size)
{
    static uint8_t bytes[PIECE_SIZE_BYTES_MAX];
    struct span rest = {bytes, size};

    for (size_t i = 0; i < size; i++) {
        bytes[i] = pattern_at(position + i);
    }
    while (rest.size > 0) {
        size_t sent = 0;
        TRY(net_client_send(handle, rest, ECHO_TIMEOUT_MS, &sent));
        rest = span_of(rest.data + sent, rest.size - sent);
    }
    return ERROR_NONE;
}

static struct error take_piece(uint32_t handle, size_t position, size_t size)
{
    static uint8_t bytes[PIECE_SIZE_BYTES_MAX];
    struct buffer received = {bytes, size, 0};

    while (received.size < size) {
        TRY(net_client_receive(handle, &received, ECHO_TIMEOUT_MS));
    }
    for (size_t i = 0; i < size; i++) {
        if (bytes[i] != pattern_at(position + i)) {
            return ERROR(HTTP, STRUCTURE);
        }
    }
    return ERROR_NONE;
}

struct error echo_run(uint32_t handle, size_t size_bytes, size_t piece_size_bytes)
{
    for (size_t position = 0; position < size_bytes; position += piece_size_bytes) {
        TRY(send_piece(handle, position, piece_size_bytes));
        TRY(take_piece(handle, position, piece_size_bytes));
    }
    return ERROR_NONE;
}
