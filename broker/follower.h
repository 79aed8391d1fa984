/* Follows the revocation journal while the core appends to it. */
#ifndef BROKER_FOLLOWER_H
#define BROKER_FOLLOWER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "formats/revocation/revocation.h"

struct follower {
    const char *path; /* borrowed for the follower's life */
    int fd;
    dev_t device;
    ino_t inode;
    off_t offset_bytes;
    struct revocation_chain chain;
};

void follower_open(struct follower *follower, const char *path);
void follower_close(struct follower *follower);
/* Reads what was appended since the last call, at most about 100,000 entries; a torn last entry waits until it is whole.
 * A file that was exchanged is read from its start.
 * visit   called with each entry
 * errors  REVOCATION_IO (errno says why: ENOENT while the service has not made it), REVOCATION_STRUCTURE,
 *         REVOCATION_CHAIN, REVOCATION_BEHIND (it has become shorter); the next call begins anew */
MUST_USE struct error follower_read(struct follower *follower,
                                    void (*visit)(void *context, const struct revocation *entry), void *context);

#endif
