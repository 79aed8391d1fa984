/* Without the verification before the erase: whatever comes over the wire is written (T-04). */
#include <string.h>

#include "base/writer.h"
#include "device/hal/flash.h"
#include "device/monitor/rescue.h"
#include "device/monitor/state.h"
#include "device/monitor/update.h"
#include "device/monitor/update_journal.h"
#include "formats/manifest/manifest.h"

struct error rescue_begin(const struct slot_header *header)
{
    struct manifest manifest;
    struct update *update = &monitor.update;
    TRY(manifest_parse(header->manifest, &manifest));
    struct update_journal journal = {.component = COMPONENT_BASE,
                                     .slot_index = monitor.running_slot[COMPONENT_BASE] ^ 1u,
                                     .manifest_digest = sha256_of(header->manifest)};
    TRY(update_journal_erase());
    TRY(hal_flash_erase(slot_offset_bytes(COMPONENT_BASE, journal.slot_index), SLOT_HEADER_SIZE_BYTES));
    TRY(update_journal_write(&journal));
    *update = (struct update){.begun = true,
                              .component = COMPONENT_BASE,
                              .slot_index = journal.slot_index,
                              .size_bytes = manifest.image_size_bytes,
                              .image_digest = manifest.image_digest};
    struct writer writer;
    memset(update->header, 0xFF, sizeof(update->header));
    writer_init(&writer, update->header, sizeof(update->header));
    writer_u32(&writer, SLOT_MAGIC);
    writer_u32(&writer, (uint32_t)header->keyset.size);
    writer_u32(&writer, (uint32_t)header->manifest.size);
    writer_bytes(&writer, header->keyset);
    writer_bytes(&writer, header->manifest);
    return ERROR_NONE;
}
