/* What a core that starts finds in the image folder: patches of earlier ones, told apart from images by their head. */
#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "formats/patch/patch.h"
#include "service/core/patches_internal.h"

#define TEMPORARY_PREFIX ".patch-"

/* False: not a patch. */
static bool read_head(int folder, const char *name, struct patch_head *head, struct stat *info)
{
    uint8_t start[PATCH_HEAD_SIZE_BYTES_MAX];
    size_t head_size = 0;
    int fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0) {
        return false;
    }
    bool ok = fstat(fd, info) == 0 && S_ISREG(info->st_mode);
    ssize_t size = ok ? read(fd, start, sizeof start) : -1;
    close(fd);
    return size > 0 && error_is_none(patch_head_parse(span_of(start, (size_t)size), head, &head_size));
}

static void take_stock(struct patches *patches, int folder, const char *name)
{
    struct sha256_digest digest;
    struct patch_head head;
    struct stat info;
    if (!patches_name_parse(name, &digest) || !read_head(folder, name, &head, &info)) {
        return;
    }
    struct patch_entry *entry = patches_entry_new(patches);
    *entry = (struct patch_entry){
        .state = PATCH_READY,
        .base_digest = head.base_digest,
        .file_digest = head.file_digest,
        .digest = digest,
        .size_bytes = (uint32_t)info.st_size,
        .used_s = (uint64_t)info.st_mtime,
    };
}

void patches_scan(struct patches *patches)
{
    DIR *folder = opendir(patches->images_dir);
    if (folder == NULL) {
        return; /* nobody has published anything yet */
    }
    for (struct dirent *item = readdir(folder); item != NULL; item = readdir(folder)) {
        if (strncmp(item->d_name, TEMPORARY_PREFIX, strlen(TEMPORARY_PREFIX)) == 0) {
            unlinkat(dirfd(folder), item->d_name, 0);
        } else {
            take_stock(patches, dirfd(folder), item->d_name);
        }
    }
    closedir(folder);
}
