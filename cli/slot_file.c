#include "cli/slot_file.h"

struct outcome slot_file_open(const char *path, struct slot_file *out)
{
    struct slot_file file = {0};
    PROCEED(file_read(path, IMAGE_FILE_SIZE_BYTES_MAX, &file.contents));
    struct error error = image_file_parse(span_of_buffer(&file.contents), &file.parts);
    if (!error_is_none(error)) {
        file_forget(&file.contents);
        return outcome_of_error(error, "%s is not a signed image; make one with 'sopris image sign'", path);
    }
    *out = file;
    return OUTCOME_OK;
}

void slot_file_close(struct slot_file *file)
{
    file_forget(&file->contents);
}

struct outcome slot_file_check(const char *path, const struct slot_file *file, const struct image_file_policy *policy)
{
    return outcome_of_error(image_file_verify(&file->parts, policy), "%s", path);
}
