/* An update by patch: the patch comes by ranges, is decoded as it comes, and its image goes to the monitor like any other.
 *
 *     GET head -> UPDATE_BEGIN -> offset   -> GET piece -> patch_apply <- SLOT_READ
 *                                                              |
 *                                                              +-> UPDATE_WRITE
 * After a reset the patch is read from its start, and what stands of the image is passed over. The patch is believed
 * nothing: a wrong one makes a wrong image, which the monitor refuses (threats T-04, T-20).
 * source  docs/protocol/patch.md */
#ifndef DEVICE_COMPARTMENTS_AGENT_AGENT_PATCH_H
#define DEVICE_COMPARTMENTS_AGENT_AGENT_PATCH_H

#include "device/abi/monitor_call.h"
#include "device/compartments/agent/agent_begin.h"
#include "device/compartments/agent/agent_fetch.h"
#include "formats/patch/patch_apply.h"

#define AGENT_PATCH_OFFSET_SIZE_BYTES 4
#define AGENT_PATCH_SIZE_BYTES_MAX (16 * 1024)

/* All that an update by patch needs beyond what any update needs. The caller's. */
struct agent_patch {
    struct patch_apply apply;
    enum component component;
    uint32_t offset_bytes;    /* of the piece, in the image */
    uint32_t size_bytes;      /* of the piece, so far */
    bool begun;               /* the present patch may have written */
    uint8_t request[AGENT_PATCH_OFFSET_SIZE_BYTES + MONITOR_UPDATE_PIECE_SIZE_BYTES_MAX]; /* offset, piece */
    /* By component: the patch that came to nothing since the device started, so that it is not tried again. */
    struct sha256_digest refused[COMPONENT_COUNT + 1];
    bool doubtful[COMPONENT_COUNT + 1]; /* what stands of the image is a wrong patch's */
};

_Static_assert(sizeof(struct agent_patch) <= AGENT_PATCH_SIZE_BYTES_MAX, "memory for a patch");

/* offer   with a patch
 * out     where the image began and how large it is; it is whole, but UPDATE_FINISH is the caller's
 * errors  PATCH_*; MONITOR_*, KEYSET_*, MANIFEST_*, COSE_*, CBOR_* of the monitor; those of agent_fetch_range */
MUST_USE struct error agent_patch_run(struct agent_patch *patch, struct agent_checkin *checkin,
                                      const struct agent_identity *identity, const struct checkin_offer *offer,
                                      struct agent_begin *out);
/* Whether this offer's patch is worth a try. */
bool agent_patch_is_wanted(const struct agent_patch *patch, const struct checkin_offer *offer);
/* This offer's patch has come to nothing. */
void agent_patch_refuse(struct agent_patch *patch, const struct checkin_offer *offer);

#endif
