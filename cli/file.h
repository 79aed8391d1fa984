/* Files: whole reads, and writes that leave either the old file or the new one, never a half. */
#ifndef CLI_FILE_H
#define CLI_FILE_H

#include "base/span.h"
#include "cli/outcome.h"

#define FILE_PATH_SIZE_BYTES_MAX 512

struct file_path {
    char text[FILE_PATH_SIZE_BYTES_MAX];
};

/* Both cut a path that is too long; no file has the cut name, so that opening it fails with a sentence. */
struct file_path file_path_join(const char *folder, const char *name);
struct file_path file_path_format(const char *format, ...) __attribute__((format(printf, 1, 2)));

bool file_exists(const char *path);
/* Reads at most size_bytes_max; more is refused. The caller frees contents->data (free). A final NUL follows the
 * contents and is not counted, so that text can be used as a string. */
MUST_USE struct outcome file_read(const char *path, size_t size_bytes_max, struct buffer *contents);

enum file_secrecy {
    FILE_PUBLIC = 0644,
    FILE_SECRET = 0600,
};

/* Writes path through a temporary file beside it: write, fsync, rename, fsync of the folder. Replaces what is there. */
MUST_USE struct outcome file_write(const char *path, struct span contents, enum file_secrecy secrecy);
/* As file_write, but refuses to replace a file: for keys. */
MUST_USE struct outcome file_create(const char *path, struct span contents, enum file_secrecy secrecy);
/* Makes the folder and those above it, 0700; existing ones are left alone. */
MUST_USE struct outcome file_make_folder(const char *path);
/* Overwrites and frees contents that may be secret. */
void file_forget(struct buffer *contents);

#endif
