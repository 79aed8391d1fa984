#include "service/supervisor/listen.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG_COUNT 1024

/* Closes fd, keeps errno, returns -1. */
static int give_up(int fd)
{
    int error = errno;
    if (fd >= 0) {
        close(fd);
    }
    errno = error;
    return -1;
}

static int bind_tcp(const struct addrinfo *where)
{
    int one = 1;
    int fd = socket(where->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    /* TCP_NODELAY is inherited by accepted connections: an answer is one small write. */
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) != 0 ||
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one) != 0 ||
        bind(fd, where->ai_addr, where->ai_addrlen) != 0 || listen(fd, BACKLOG_COUNT) != 0) {
        return give_up(fd);
    }
    return fd;
}

int listen_tcp(const char *address, uint16_t port, uint16_t *port_out)
{
    char service[8];
    snprintf(service, sizeof service, "%u", (unsigned int)port);
    const struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV, .ai_socktype = SOCK_STREAM};
    struct addrinfo *where = NULL;
    if (getaddrinfo(address, service, &hints, &where) != 0) {
        errno = EADDRNOTAVAIL;
        return -1;
    }
    int fd = bind_tcp(where);
    freeaddrinfo(where);
    struct sockaddr_storage bound;
    socklen_t size = sizeof bound;
    if (fd < 0 || getsockname(fd, (struct sockaddr *)&bound, &size) != 0) {
        return give_up(fd);
    }
    *port_out = ntohs(bound.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&bound)->sin6_port
                                                  : ((struct sockaddr_in *)&bound)->sin_port);
    return fd;
}

int listen_unix(const char *path, uid_t owner)
{
    struct sockaddr_un where = {.sun_family = AF_UNIX};
    if ((size_t)snprintf(where.sun_path, sizeof where.sun_path, "%s", path) >= sizeof where.sun_path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    if (unlink(path) != 0 && errno != ENOENT) {
        return -1;
    }
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    mode_t previous = umask(0177);
    int result = fd < 0 ? -1 : bind(fd, (const struct sockaddr *)&where, sizeof where);
    umask(previous);
    if (result != 0 || (owner != (uid_t)-1 && chown(path, owner, (gid_t)-1) != 0) || listen(fd, BACKLOG_COUNT) != 0) {
        return give_up(fd);
    }
    return fd;
}

bool listen_write_port(const char *path, uint16_t port)
{
    char temporary[1024];
    snprintf(temporary, sizeof temporary, "%s.new", path);
    FILE *file = fopen(temporary, "we");
    if (file == NULL) {
        return false;
    }
    bool ok = fprintf(file, "%u\n", (unsigned int)port) > 0;
    ok = fclose(file) == 0 && ok;
    return ok && rename(temporary, path) == 0;
}
