/* Files of the service's image folder, by ranges: from whoever has a certificate of the owner for IMAGES_TLS_NAME at the
 * service's address, or from the service itself. Neither is trusted with the bytes. */
#ifndef DEVICE_COMPARTMENTS_AGENT_AGENT_FETCH_H
#define DEVICE_COMPARTMENTS_AGENT_AGENT_FETCH_H

#include "device/compartments/agent/agent_checkin.h"

struct agent_fetch {
    struct agent_checkin *checkin;
    const struct agent_identity *identity;
    struct sha256_digest digest; /* the file's name; whether it has this digest is not looked at */
    uint32_t size_bytes;         /* of the file */
};

/* Exactly this range of the file. body borrows from the check-in's memory until that is used again. A lost connection is
 * made anew, once a call; a busy server is asked again after a wait, which may take half a minute.
 * errors  NET_*, TLS_*, HTTP_*, and what the service refuses with */
MUST_USE struct error agent_fetch_range(const struct agent_fetch *fetch, uint32_t first, uint32_t size,
                                        struct span *body);

#endif
