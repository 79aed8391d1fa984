/* The conversation with the test's echo server. */
#ifndef TESTS_DEVICE_IMAGES_ECHO_H
#define TESTS_DEVICE_IMAGES_ECHO_H

#include "base/error.h"
#include "base/span.h"

#define ECHO_HOST "10.0.2.100"
#define ECHO_PORT 8883
#define ECHO_TIMEOUT_MS 20000u

/* Sends size_bytes of a pattern in pieces and takes them back.
 * errors  NET_*; HTTP_STRUCTURE if other bytes come back than were sent */
MUST_USE struct error echo_run(uint32_t handle, size_t size_bytes, size_t piece_size_bytes);

#endif
