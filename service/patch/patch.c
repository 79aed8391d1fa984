/* sopris-patch: makes one patch in the image folder, for the core, and ends.
 *
 *     sopris-patch FOLDER BASE IMAGE      two files of the folder, by name
 * Prints "DIGEST SIZE\n" if there is a patch that is worth it, now under that name in the folder, or "none\n". Started
 * without any descriptor but these three, with limits of its own: what it works on can cost it its life, not the core's.
 * source  docs/decisions/0024-patches.md */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "formats/patch/patch_make.h"
#include "formats/slot/image_file.h"
#include "service/process/process.h"

#define CPU_S_MAX 30
#define PRIORITY 10
#define NAME_SIZE_BYTES (2 * SHA256_DIGEST_SIZE_BYTES)
/* A patch saves at least a quarter, or it is not worth a second way of getting the same image. */
#define WORTH_NUMERATOR 3
#define WORTH_DENOMINATOR 4

static struct patch_workspace workspace;
static uint8_t base_bytes[IMAGE_FILE_SIZE_BYTES_MAX];
static uint8_t image_bytes[IMAGE_FILE_SIZE_BYTES_MAX];
static uint8_t patch_bytes[IMAGE_FILE_SIZE_BYTES_MAX];

_Static_assert(IMAGE_FILE_SIZE_BYTES_MAX <= PATCH_IMAGE_SIZE_BYTES_MAX, "the image of any file");

static void set_limits(void)
{
    const struct rlimit cpu = {CPU_S_MAX, CPU_S_MAX};
    const struct rlimit file = {IMAGE_FILE_SIZE_BYTES_MAX, IMAGE_FILE_SIZE_BYTES_MAX};
    if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0 || setrlimit(RLIMIT_CPU, &cpu) != 0 ||
        setrlimit(RLIMIT_FSIZE, &file) != 0 || setpriority(PRIO_PROCESS, 0, PRIORITY) != 0) {
        process_fail("cannot set limits: %s", strerror(errno));
    }
}

static void read_image(int folder, const char *name, uint8_t *bytes, struct image_file *out)
{
    int fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    ssize_t size = fd < 0 ? -1 : read(fd, bytes, IMAGE_FILE_SIZE_BYTES_MAX);
    if (size < 0) {
        process_fail("%s: %s", name, strerror(errno));
    }
    close(fd);
    struct error error = image_file_parse(span_of(bytes, (size_t)size), out);
    if (!error_is_none(error)) {
        process_fail("%s: %s", name, error_text(error));
    }
}

/* Under another name first, so that what has a digest for a name has that digest, also after a crash. The core removes
 * what a crash leaves. */
static void write_patch(int folder, struct span patch, const char *name)
{
    char temporary[32];
    snprintf(temporary, sizeof temporary, ".patch-%d", (int)getpid());
    int fd = openat(folder, temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
    bool ok = fd >= 0 && write(fd, patch.data, patch.size) == (ssize_t)patch.size && fchmod(fd, 0644) == 0 &&
              fsync(fd) == 0 && close(fd) == 0 && renameat(folder, temporary, folder, name) == 0 && fsync(folder) == 0;
    if (!ok) {
        int reason = errno;
        unlinkat(folder, temporary, 0);
        process_fail("cannot write a patch: %s", strerror(reason));
    }
}

static void name_of(struct span patch, char out[NAME_SIZE_BYTES + 1])
{
    struct sha256_digest digest = sha256_of(patch);
    for (size_t index = 0; index < sizeof digest.bytes; index++) {
        snprintf(out + 2 * index, 3, "%02x", digest.bytes[index]);
    }
}

int main(int argument_count, char **arguments)
{
    struct image_file base;
    struct image_file image;
    struct writer writer;
    char name[NAME_SIZE_BYTES + 1];
    process_name("patch");
    process_harden();
    if (argument_count != 4) {
        process_fail("this program is started by sopris-core");
    }
    set_limits();
    int folder = open(arguments[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0) {
        process_fail("%s: %s", arguments[1], strerror(errno));
    }
    read_image(folder, arguments[2], base_bytes, &base);
    read_image(folder, arguments[3], image_bytes, &image);
    size_t file_size_bytes = SLOT_HEADER_SIZE_BYTES + image.image.size;
    writer_init(&writer, patch_bytes, file_size_bytes * WORTH_NUMERATOR / WORTH_DENOMINATOR);
    const struct patch_label label = {image.header.keyset, image.header.manifest,
                                      sha256_of(span_of(image_bytes, file_size_bytes))};
    struct error error = patch_make(&label, base.image, image.image, &workspace, &writer);
    if (error_is(error, ERROR_CODE_CBOR_CAPACITY)) {
        puts("none");
        return 0;
    }
    if (!error_is_none(error)) {
        process_fail("%s", error_text(error));
    }
    name_of(writer_span(&writer), name);
    write_patch(folder, writer_span(&writer), name);
    printf("%s %zu\n", name, writer_span(&writer).size);
    return 0;
}
