/* Where everything lives on the emulated mps3-an524 board: one definition for C and for the linker scripts, which are
 * run through the preprocessor, so only plain numbers stand here.
 * Address bit 28 set means Secure (IDAU): an address of the non-secure world has the bit clear.
 * source  docs/boards/mps3-an524.md */
#ifndef DEVICE_ABI_MEMORY_MAP_H
#define DEVICE_ABI_MEMORY_MAP_H

/* Boot memory: read-only to the guest. ROM code, then the fuses, which the emulator loads as a blob of their own. */
#define MEMORY_ROM_BASE 0x10000000
#define MEMORY_ROM_SIZE 0x6000
#define MEMORY_FUSES_BASE 0x10008000
#define MEMORY_FUSES_SIZE 0x100

/* UDS (32 bytes) and random seed (32 bytes) are injected here at every start; the ROM reads them once and wipes. */
#define MEMORY_SECRETS_BASE 0x38000000
#define MEMORY_SECRETS_UDS_SIZE 32
#define MEMORY_SECRETS_SEED_SIZE 32

/* Secure SRAM, 128 KiB. Never non-secure. */
#define MEMORY_MONITOR_IMAGE_BASE 0x30000000
#define MEMORY_MONITOR_IMAGE_SIZE 0x10000
/* The veneer of monitor_call: the one place where the non-secure world enters. Fixed, because base images of one release
 * call into monitors of another. */
#define MEMORY_MONITOR_VENEER_BASE 0x30000200
#define MEMORY_MONITOR_VENEER_SIZE 0x20
#define MEMORY_MONITOR_RAM_BASE 0x30010000
#define MEMORY_MONITOR_RAM_SIZE 0xC000
#define MEMORY_ROM_RAM_BASE 0x3001C000
#define MEMORY_ROM_RAM_SIZE 0x3000
#define MEMORY_HANDOFF_BASE 0x3001F000
#define MEMORY_HANDOFF_SIZE 0x1000

/* BRAM, 512 KiB, given to the non-secure world whole; these are its non-secure addresses. */
#define MEMORY_BASE_IMAGE_BASE 0x28000000
#define MEMORY_BASE_IMAGE_SIZE 0x34000
#define MEMORY_MAILBOX_BASE 0x28034000
#define MEMORY_MAILBOX_SIZE 0x2000
#define MEMORY_BASE_RAM_BASE 0x28036000
#define MEMORY_BASE_RAM_SIZE 0x2A000
#define MEMORY_APP_IMAGE_BASE 0x28060000
#define MEMORY_APP_IMAGE_SIZE 0x10000
#define MEMORY_APP_RAM_BASE 0x28070000
#define MEMORY_APP_RAM_SIZE 0x10000
/* The kernel's part of the base image and of its RAM; the system table (device/abi/system_table.h) and the compartments
 * follow. The app image starts with its table. */
#define MEMORY_KERNEL_IMAGE_SIZE 0x4000
#define MEMORY_KERNEL_RAM_SIZE 0x3000

/* Flash: the file-backed DDR, secure alias. The non-secure world has no way to it. */
#define MEMORY_FLASH_BASE 0x70000000
#define MEMORY_FLASH_SIZE 0x800000
/* Where the flash begins in the file behind the DDR, which the machine maps from 0x60000000 on. */
#define MEMORY_FLASH_FILE_OFFSET 0x10000000

/* Peripherals, non-secure addresses; secure code adds MEMORY_SECURE_ALIAS. */
#define MEMORY_SECURE_ALIAS 0x10000000
#define MEMORY_UART0_BASE 0x41303000
#define MEMORY_UART1_BASE 0x41304000
#define MEMORY_ETHERNET_BASE 0x41400000
#define MEMORY_ETHERNET_IRQ 48
#define MEMORY_FPGAIO_BASE 0x41302000
#define MEMORY_I2C_SHIELD0_BASE 0x41205000
#define MEMORY_I2C_SHIELD1_BASE 0x41206000
/* Temperature sensor TMP105 (register 0: big-endian, 1/256 degree, 12 bits): QEMU's "-device tmp105,address=0x48" puts
 * it on the last free bus, which is shield 1. Its gate is bit 6 of APBNSPPCEXP1. */
#define MEMORY_SENSOR_I2C_BASE MEMORY_I2C_SHIELD1_BASE
#define MEMORY_SENSOR_I2C_ADDRESS 0x48
/* Sixteen pins for the field on the same bus (PCA9552): "-device pca9552,address=0x60". */
#define MEMORY_PINS_I2C_ADDRESS 0x60
/* Secure only. */
#define MEMORY_WATCHDOG_BASE 0x50081000
#define MEMORY_TIMER0_BASE 0x50000000
#define MEMORY_TIMER0_FREQUENCY_HZ 32000000

#endif
