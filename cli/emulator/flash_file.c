#include "cli/emulator/flash_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include "base/ensure.h"
#include "device/abi/flash_map.h"
#include "device/abi/memory_map.h"

/* The machine wants a file of exactly the size of its DDR. */
#define FILE_SIZE_BYTES (2LL * 1024 * 1024 * 1024)

static bool write_at(int descriptor, const uint8_t *data, size_t size, off_t offset)
{
    while (size > 0) {
        ssize_t count = pwrite(descriptor, data, size, offset);
        if (count < 0 && errno == EINTR) {
            continue;
        }
        if (count <= 0) {
            return false;
        }
        data += count;
        size -= (size_t)count;
        offset += count;
    }
    return true;
}

static bool erase(int descriptor, uint32_t offset_bytes, uint32_t size_bytes)
{
    uint8_t erased[FLASH_BLOCK_SIZE];
    memset(erased, 0xFF, sizeof erased);
    for (uint32_t done = 0; done < size_bytes; done += FLASH_BLOCK_SIZE) {
        if (!write_at(descriptor, erased, sizeof erased, (off_t)MEMORY_FLASH_FILE_OFFSET + offset_bytes + done)) {
            return false;
        }
    }
    return true;
}

struct outcome flash_file_create(const char *path)
{
    int descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (descriptor < 0) {
        return outcome_errno("%s cannot be made", path);
    }
    bool ok = ftruncate(descriptor, FILE_SIZE_BYTES) == 0 && erase(descriptor, 0, MEMORY_FLASH_SIZE);
    struct outcome outcome = ok ? OUTCOME_OK : outcome_errno("%s cannot be written", path);
    close(descriptor);
    return outcome;
}

struct outcome flash_file_write(const char *path, uint32_t offset_bytes, struct span data)
{
    uint32_t block_count = ((uint32_t)data.size + FLASH_BLOCK_SIZE - 1) / FLASH_BLOCK_SIZE;
    ENSURE(offset_bytes % FLASH_BLOCK_SIZE == 0 && data.size <= MEMORY_FLASH_SIZE - offset_bytes);
    int descriptor = open(path, O_WRONLY | O_CLOEXEC);
    if (descriptor < 0) {
        return outcome_errno("%s cannot be opened", path);
    }
    bool ok = erase(descriptor, offset_bytes, block_count * FLASH_BLOCK_SIZE) &&
              write_at(descriptor, data.data, data.size, (off_t)MEMORY_FLASH_FILE_OFFSET + offset_bytes) &&
              fsync(descriptor) == 0;
    struct outcome outcome = ok ? OUTCOME_OK : outcome_errno("%s cannot be written", path);
    close(descriptor);
    return outcome;
}

struct outcome flash_file_read(const char *path, uint32_t offset_bytes, uint8_t *out, size_t size_bytes)
{
    ENSURE(offset_bytes <= MEMORY_FLASH_SIZE && size_bytes <= MEMORY_FLASH_SIZE - offset_bytes);
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) {
        return outcome_errno("%s cannot be opened", path);
    }
    bool ok = pread(descriptor, out, size_bytes, (off_t)MEMORY_FLASH_FILE_OFFSET + offset_bytes) == (ssize_t)size_bytes;
    struct outcome outcome = ok ? OUTCOME_OK : outcome_errno("%s cannot be read", path);
    close(descriptor);
    return outcome;
}
