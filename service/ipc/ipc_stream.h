/* Frames out of a libevent stream, for both ends of the socket between fronts and core. */
#ifndef SERVICE_IPC_IPC_STREAM_H
#define SERVICE_IPC_IPC_STREAM_H

#include <event2/bufferevent.h>

#include "service/ipc/ipc.h"

/* Gives each whole frame that has arrived to take, and leaves the rest for later. The frame is borrowed for that call.
 * errors  of ipc_frame_next, and those of take: the peer sent what cannot be read, and nothing more is read from it */
MUST_USE struct error ipc_stream_read(struct bufferevent *stream, size_t frame_size_bytes_max,
                                      struct error (*take)(void *context, struct span frame), void *context);

#endif
