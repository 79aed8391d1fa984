/* Flash layout: offsets from the start of the flash, the same on every board. Erase block 4 KiB, program unit 4 bytes,
 * a program only clears bits.
 * Who writes: R the ROM, M the monitor, F the factory. */
#ifndef DEVICE_ABI_FLASH_MAP_H
#define DEVICE_ABI_FLASH_MAP_H

#define FLASH_BLOCK_SIZE 0x1000
#define FLASH_WORD_SIZE 4

/* Boot record: append log over two blocks (R, M). */
#define FLASH_BOOT_RECORD_OFFSET 0x000000
#define FLASH_BOOT_RECORD_SIZE 0x2000
/* Counters: counted as on-die; only the ROM advances them (R). */
#define FLASH_COUNTERS_OFFSET 0x002000
#define FLASH_COUNTERS_SIZE 0x2000
/* Receipts of the ROM for what it has verified and derived, MAC under a key that only the ROM has (R). */
#define FLASH_RECEIPT_OFFSET 0x004000
#define FLASH_RECEIPT_SIZE 0x2000
/* DeviceID certificate and its issuers, device/abi/provisioning.h (F). */
#define FLASH_PROVISIONING_OFFSET 0x006000
#define FLASH_PROVISIONING_SIZE 0x2000
/* Claim bundle, two copies (M). */
#define FLASH_CLAIM_OFFSET 0x008000
#define FLASH_CLAIM_SIZE 0x2000
/* Sealed and kept storage (M). */
#define FLASH_STORAGE_OFFSET 0x010000
#define FLASH_STORAGE_SIZE 0x10000
/* Failure records (M). */
#define FLASH_FAILURE_OFFSET 0x020000
#define FLASH_FAILURE_SIZE 0x4000
/* Journal of the update under way (M). */
#define FLASH_UPDATE_OFFSET 0x024000
#define FLASH_UPDATE_SIZE 0x1000

/* Image slots: a header block (device/abi/slot.h), then the image. */
#define FLASH_MONITOR_A_OFFSET 0x040000
#define FLASH_MONITOR_B_OFFSET 0x060000
#define FLASH_MONITOR_SLOT_SIZE 0x020000
#define FLASH_BASE_A_OFFSET 0x080000
#define FLASH_BASE_B_OFFSET 0x0E0000
#define FLASH_BASE_SLOT_SIZE 0x060000
#define FLASH_APP_A_OFFSET 0x140000
#define FLASH_APP_B_OFFSET 0x180000
#define FLASH_APP_SLOT_SIZE 0x040000

#endif
