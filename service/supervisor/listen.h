/* The sockets of the service, made once by the supervisor and handed down, so that a process that dies and is started
 * again finds them as they were: same port, and whoever connected meanwhile is still in the queue. */
#ifndef SERVICE_SUPERVISOR_LISTEN_H
#define SERVICE_SUPERVISOR_LISTEN_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Listens on a numeric address; port 0 takes any free one. Close-on-exec. -1 and errno on failure.
 * port_out  the port in use */
int listen_tcp(const char *address, uint16_t port, uint16_t *port_out);
/* Listens on a unix socket with mode 0600 for owner (or whoever runs this if owner is (uid_t)-1); replaces what was
 * there. */
int listen_unix(const char *path, uid_t owner);
/* Writes the number and a newline to a file, atomically. */
bool listen_write_port(const char *path, uint16_t port);

#endif
