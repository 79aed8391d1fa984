/* net_client over the sockets of a Linux process. Handles are file descriptors; nothing is declared here, so everything
 * may be reached: the host board claims no isolation. */
#include "device/boards/host/net_client_host.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "device/runtime/net_client.h"

static uint16_t redirect_port;

void net_client_host_redirect(uint16_t port)
{
    redirect_port = port;
}

static struct error wait_for(int fd, short events, uint32_t timeout_ms)
{
    struct pollfd poller = {.fd = fd, .events = events};
    int count = poll(&poller, 1, timeout_ms > (uint32_t)INT32_MAX ? INT32_MAX : (int)timeout_ms);

    if (count == 0) {
        return ERROR(NET, TIMEOUT);
    }
    return count > 0 ? ERROR_NONE : ERROR(NET, CLOSED);
}

static struct error finish_connect(int fd, uint32_t timeout_ms)
{
    int failure = 0;
    socklen_t size = sizeof(failure);
    int one = 1;

    TRY(wait_for(fd, POLLOUT, timeout_ms));
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &failure, &size) != 0 || failure != 0) {
        return ERROR(NET, UNREACHABLE);
    }
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    return ERROR_NONE;
}

struct error net_client_connect(const char *host, uint16_t port, uint32_t timeout_ms, uint32_t *handle)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};

    if (inet_pton(AF_INET, host, &address.sin_addr) != 1) {
        return ERROR(NET, NOT_DECLARED);
    }
    if (redirect_port != 0) {
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        address.sin_port = htons(redirect_port);
    }
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) {
        return ERROR(NET, CAPACITY);
    }
    struct error error = ERROR_NONE;
    if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) != 0) {
        error = errno == EINPROGRESS ? finish_connect(fd, timeout_ms) : ERROR(NET, UNREACHABLE);
    }
    if (!error_is_none(error)) {
        (void)close(fd);
        return error;
    }
    *handle = (uint32_t)fd;
    return ERROR_NONE;
}

struct error net_client_send(uint32_t handle, struct span data, uint32_t timeout_ms, size_t *sent_size_bytes)
{
    TRY(wait_for((int)handle, POLLOUT, timeout_ms));
    ssize_t sent = send((int)handle, data.data, data.size, MSG_NOSIGNAL);
    if (sent <= 0) {
        return ERROR(NET, CLOSED);
    }
    *sent_size_bytes = (size_t)sent;
    return ERROR_NONE;
}

struct error net_client_receive(uint32_t handle, struct buffer *data, uint32_t timeout_ms)
{
    TRY(wait_for((int)handle, POLLIN, timeout_ms));
    ssize_t received = recv((int)handle, data->data + data->size, data->capacity - data->size, 0);
    if (received <= 0) {
        return ERROR(NET, CLOSED);
    }
    data->size += (size_t)received;
    return ERROR_NONE;
}

void net_client_close(uint32_t handle)
{
    (void)close((int)handle);
}

/* There are no tables on this board, so nothing of them was used. */
struct error net_client_used(uint32_t *endpoints)
{
    *endpoints = 0;
    return ERROR_NONE;
}
