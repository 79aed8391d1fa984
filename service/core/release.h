/* What makes an image a release of this service: its signatures lead to a maker whom we trust or, for an app, to the
 * owner, and it is for devices of that maker. The same checks as on a device, with the same codes. */
#ifndef SERVICE_CORE_RELEASE_H
#define SERVICE_CORE_RELEASE_H

#include "formats/slot/image_file.h"
#include "service/core/core.h"

/* Judges a file that was taken apart and enters it as a release if it is good.
 * with_image  whether the image itself is at hand and is checked too
 * release     written if verdict is none; its manifest borrows from the file
 * errors      STORE_* */
MUST_USE struct error release_enter(struct core *core, const struct image_file *file, bool with_image,
                                    struct release_record *release, struct error *verdict);

#endif
