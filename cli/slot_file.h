/* An image file (formats/slot/image_file.h) on disk. It is exactly the bytes of a slot, so that writing a slot is copying
 * the file. */
#ifndef CLI_SLOT_FILE_H
#define CLI_SLOT_FILE_H

#include "cli/file.h"
#include "formats/slot/image_file.h"

struct slot_file {
    struct buffer contents;
    struct image_file parts; /* borrow from contents */
};

/* Reads and takes apart; verifies nothing. The caller closes it. */
MUST_USE struct outcome slot_file_open(const char *path, struct slot_file *out);
void slot_file_close(struct slot_file *file);
/* OK if the file meets the policy; else refused with the first fault. */
MUST_USE struct outcome slot_file_check(const char *path, const struct slot_file *file,
                                        const struct image_file_policy *policy);

#endif
