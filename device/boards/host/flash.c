/* Flash of the host board: a mapped file or memory, with a power cut at any one operation. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "device/abi/flash_map.h"
#include "device/abi/memory_map.h"
#include "device/boards/common/flash_backend.h"
#include "device/boards/host/board_state.h"

static uint8_t *flash;
static uint32_t operation_count;
static uint32_t erase_counts[MEMORY_FLASH_SIZE / FLASH_BLOCK_SIZE];
static bool cut_armed;
static uint32_t cut_operation_index;
static enum host_cut cut_kind;

/* A new file reads as erased flash, not as zeros. */
static bool file_prepare(int fd, off_t start)
{
    struct stat status;
    if (fstat(fd, &status) != 0) {
        return false;
    }
    if (status.st_size >= start + MEMORY_FLASH_SIZE) {
        return true;
    }
    uint8_t block[FLASH_BLOCK_SIZE];
    memset(block, 0xFF, sizeof(block));
    for (off_t offset = 0; offset < MEMORY_FLASH_SIZE; offset += (off_t)sizeof(block)) {
        if (pwrite(fd, block, sizeof(block), start + offset) != (ssize_t)sizeof(block)) {
            return false;
        }
    }
    return true;
}

bool board_flash_open(const char *path, uint32_t offset_bytes)
{
    int fd = -1;
    int flags = MAP_PRIVATE | MAP_ANONYMOUS;
    if (path != NULL) {
        fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        if (fd < 0 || !file_prepare(fd, (off_t)offset_bytes)) {
            fprintf(stderr, "host board: cannot use %s as flash; is the folder there and writable?\n", path);
            if (fd >= 0) {
                (void)close(fd);
            }
            return false;
        }
        flags = MAP_SHARED;
    }
    void *mapped = mmap(NULL, MEMORY_FLASH_SIZE, PROT_READ | PROT_WRITE, flags, fd, fd < 0 ? 0 : (off_t)offset_bytes);
    if (fd >= 0) {
        (void)close(fd);
    }
    if (mapped == MAP_FAILED) {
        fprintf(stderr, "host board: no memory for the flash\n");
        return false;
    }
    flash = mapped;
    if (path == NULL) {
        memset(flash, 0xFF, MEMORY_FLASH_SIZE);
    }
    return true;
}

void board_flash_close(void)
{
    if (flash != NULL) {
        (void)munmap(flash, MEMORY_FLASH_SIZE);
        flash = NULL;
    }
}

void board_flash_power_on(void)
{
    operation_count = 0;
    cut_armed = false;
}

uint8_t *host_board_flash(void)
{
    return flash;
}

void host_board_cut_power(uint32_t operation_index, enum host_cut cut)
{
    cut_armed = true;
    cut_operation_index = operation_index;
    cut_kind = cut;
}

uint32_t host_board_operation_count(void)
{
    return operation_count;
}

uint32_t host_board_erase_count(uint32_t offset_bytes)
{
    return erase_counts[offset_bytes / FLASH_BLOCK_SIZE];
}

/* Counts the operation that begins now; true if the power goes during it. */
static bool operation_is_cut(void)
{
    uint32_t index = operation_count++;
    return cut_armed && index == cut_operation_index;
}

const volatile uint32_t *flash_backend_words(void)
{
    return (const volatile uint32_t *)(const void *)flash;
}

void flash_backend_program_word(uint32_t offset_bytes, uint32_t value)
{
    static const uint32_t written_mask[HOST_CUT_COUNT] = {0, 0x0000FFFFu, 0xFFFF0000u, 0xFFFFFFFFu};
    uint32_t *word = (uint32_t *)(void *)(flash + offset_bytes);
    if (operation_is_cut()) {
        *word &= value | ~written_mask[cut_kind];
        board_end(HOST_EVENT_POWER_CUT);
    }
    *word &= value;
}

void flash_backend_erase_block(uint32_t offset_bytes)
{
    static const struct {
        uint32_t from;
        uint32_t size;
    } erased[HOST_CUT_COUNT] = {{0, 0},
                                {0, FLASH_BLOCK_SIZE / 2},
                                {FLASH_BLOCK_SIZE / 2, FLASH_BLOCK_SIZE / 2},
                                {0, FLASH_BLOCK_SIZE}};
    if (operation_is_cut()) {
        memset(flash + offset_bytes + erased[cut_kind].from, 0xFF, erased[cut_kind].size);
        board_end(HOST_EVENT_POWER_CUT);
    }
    memset(flash + offset_bytes, 0xFF, FLASH_BLOCK_SIZE);
    erase_counts[offset_bytes / FLASH_BLOCK_SIZE]++;
}
