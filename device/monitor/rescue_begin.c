#include "device/monitor/rescue.h"
#include "device/monitor/update.h"
#include "formats/manifest/manifest.h"

/* Before anything is erased (threat T-04): an image that could not boot must not cost what stands, half a download of the
 * right one included. */
struct error rescue_begin(const struct slot_header *header)
{
    struct manifest manifest;
    TRY(manifest_parse(header->manifest, &manifest));
    if (manifest.component != COMPONENT_BASE) {
        return ERROR(MANIFEST, COMPONENT);
    }
    return update_begin(header, false);
}
