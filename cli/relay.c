#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/text.h"

/* One direction. False when it is over. */
static bool pass_on(int from, int to)
{
    char bytes[16384];
    ssize_t size = read(from, bytes, sizeof bytes);
    if (size <= 0) {
        return size < 0 && errno == EINTR;
    }
    for (ssize_t done = 0; done < size;) {
        ssize_t count = write(to, bytes + done, (size_t)(size - done));
        if (count < 0 && errno != EINTR) {
            return false;
        }
        done += count > 0 ? count : 0;
    }
    return true;
}

static void relay_bytes(int connection)
{
    bool input_open = true;
    for (;;) {
        struct pollfd ready[] = {{input_open ? STDIN_FILENO : -1, POLLIN, 0}, {connection, POLLIN, 0}};
        if (poll(ready, 2, -1) < 0 && errno != EINTR) {
            return;
        }
        if (ready[0].revents != 0 && !pass_on(STDIN_FILENO, connection)) {
            shutdown(connection, SHUT_WR);
            input_open = false;
        }
        if (ready[1].revents != 0 && !pass_on(connection, STDOUT_FILENO)) {
            return;
        }
    }
}

static struct outcome run_relay(const struct invocation *invocation)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    uint64_t port = 0;
    int one = 1;
    if (inet_pton(AF_INET, invocation->positionals[0], &address.sin_addr) != 1 ||
        !text_parse_uint(invocation->positionals[1], UINT16_MAX, &port)) {
        return outcome_usage("relay needs an IPv4 address and a port");
    }
    address.sin_port = htons((uint16_t)port);
    signal(SIGPIPE, SIG_IGN);
    int connection = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connection < 0 || connect(connection, (const struct sockaddr *)&address, sizeof address) != 0) {
        return (struct outcome){EXIT_CODE_UNREACHABLE}; /* the guest sees its connection closed */
    }
    setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    relay_bytes(connection);
    close(connection);
    return OUTCOME_OK;
}

const struct command relay_command = {
    .group = NULL,
    .name = "relay",
    .arguments = "ADDRESS PORT",
    .summary = NULL,
    .help = "Passes bytes between standard input, standard output and a TCP connection. The emulator starts one for each\n"
            "connection of a board.",
    .positional_min = 2,
    .positional_max = 2,
    .run = run_relay,
};
