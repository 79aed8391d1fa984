#include "device/sdk/sdk_net.h"

#include "device/runtime/net_client.h"
#include "device/runtime/net_server.h"

_Static_assert(SDK_CLIENT_COUNT_MAX == NET_PROTOCOL_CLIENT_COUNT_MAX, "places are net's");

struct error sdk_listen(uint16_t port)
{
    return net_server_listen(port);
}

struct error sdk_next(uint16_t port, struct buffer *data, uint32_t timeout_ms, uint32_t *client)
{
    return net_server_next(port, data, timeout_ms, client);
}

struct error sdk_connect(const char *host, uint16_t port, uint32_t timeout_ms, uint32_t *connection)
{
    return net_client_connect(host, port, timeout_ms, connection);
}

struct error sdk_receive(uint32_t connection, struct buffer *data, uint32_t timeout_ms)
{
    return net_client_receive(connection, data, timeout_ms);
}

struct error sdk_send(uint32_t connection, struct span data, uint32_t timeout_ms)
{
    while (data.size > 0) {
        size_t sent = 0;
        TRY(net_client_send(connection, data, timeout_ms, &sent));
        data = span_of(data.data + sent, data.size - sent);
    }
    return ERROR_NONE;
}

void sdk_hang_up(uint32_t connection)
{
    net_client_close(connection);
}
