#include "device/hal/partition.h"

#include "base/ensure.h"
#include "device/abi/memory_map.h"

#include <assert.h>

#define REGISTER(address) (*(volatile uint32_t *)(uintptr_t)(address))

/* Secure privilege control block. */
#define SECRESPCFG 0x50080010
#define NSCCFG 0x50080014
#define NSCCFG_RAM 2u /* veneers in addresses 0x3xxxxxxx */
#define NONSECURE_PRIVILEGE_BLOCK 0x40080000
#define SECURE_PRIVILEGE_BLOCK 0x50080000
/* Offset in the secure block: 1 = non-secure. */
#define AHB_NONSECURE_OFFSET 0x60
#define APB1_NONSECURE_OFFSET 0x84
#define APB2_NONSECURE_OFFSET 0x88
/* Offset in both blocks: 1 = unprivileged access allowed. A non-secure port follows the non-secure block. */
#define AHB_UNPRIVILEGED_OFFSET 0xA0
#define APB1_UNPRIVILEGED_OFFSET 0xC4
#define APB2_UNPRIVILEGED_OFFSET 0xC8

/* Memory protection controller of the BRAM. */
#define BRAM_MPC 0x58007000
#define BRAM_BASE 0x28000000
#define BRAM_SIZE 0x80000
#define MPC_CTRL 0x00
#define MPC_CTRL_BUS_ERROR (1u << 4)
#define MPC_CTRL_AUTO_INCREMENT (1u << 8)
#define MPC_CTRL_LOCK (1u << 31)
#define MPC_BLOCK_CONFIG 0x14
#define MPC_INDEX 0x18
#define MPC_TABLE 0x1C
#define MPC_BLOCKS_PER_WORD 32u

#define NVIC_ITNS 0xE000E380
#define NVIC_ICER 0xE000E180
#define NVIC_WORDS 4

/* One table: SAU, MPC, PPC and the checks on it. */
const struct partition_region hal_partition_regions[] = {
    {PARTITION_MEMORY, BRAM_BASE, BRAM_SIZE},
    {PARTITION_VENEER, MEMORY_MONITOR_VENEER_BASE, MEMORY_MONITOR_VENEER_SIZE},
    {PARTITION_PERIPHERAL, MEMORY_FPGAIO_BASE, 0x1000},
    {PARTITION_PERIPHERAL, MEMORY_ETHERNET_BASE, 0x1000},
    {PARTITION_PERIPHERAL, MEMORY_I2C_SHIELD0_BASE, 0x1000},
    {PARTITION_PERIPHERAL, MEMORY_I2C_SHIELD1_BASE, 0x1000},
};
const size_t hal_partition_region_count = sizeof hal_partition_regions / sizeof hal_partition_regions[0];

static_assert(sizeof hal_partition_regions / sizeof hal_partition_regions[0] <= PARTITION_REGION_COUNT_MAX,
              "the SAU has eight regions");
static_assert(MEMORY_BASE_IMAGE_BASE == BRAM_BASE &&
                  MEMORY_APP_RAM_BASE + MEMORY_APP_RAM_SIZE == BRAM_BASE + BRAM_SIZE,
              "the non-secure world has the BRAM whole");

/* Where a peripheral hangs on the peripheral protection controllers. */
struct port {
    uint32_t base;
    uint32_t nonsecure_offset;
    uint32_t unprivileged_offset;
    uint32_t bit;
};

static const struct port ports[] = {
    {MEMORY_FPGAIO_BASE, APB2_NONSECURE_OFFSET, APB2_UNPRIVILEGED_OFFSET, 2},
    {MEMORY_ETHERNET_BASE, AHB_NONSECURE_OFFSET, AHB_UNPRIVILEGED_OFFSET, 4},
    {MEMORY_I2C_SHIELD0_BASE, APB1_NONSECURE_OFFSET, APB1_UNPRIVILEGED_OFFSET, 5},
    {MEMORY_I2C_SHIELD1_BASE, APB1_NONSECURE_OFFSET, APB1_UNPRIVILEGED_OFFSET, 6},
};
#define PORT_COUNT (sizeof ports / sizeof ports[0])

static void memory_open(uint32_t base, uint32_t size_bytes)
{
    uint32_t word_size_bytes = (1u << (REGISTER(BRAM_MPC + MPC_BLOCK_CONFIG) + 5)) * MPC_BLOCKS_PER_WORD;
    ENSURE(base >= BRAM_BASE && size_bytes <= BRAM_SIZE && base - BRAM_BASE <= BRAM_SIZE - size_bytes);
    ENSURE((base - BRAM_BASE) % word_size_bytes == 0 && size_bytes % word_size_bytes == 0);
    REGISTER(BRAM_MPC + MPC_CTRL) &= ~MPC_CTRL_AUTO_INCREMENT;
    for (uint32_t offset_bytes = base - BRAM_BASE; offset_bytes < base - BRAM_BASE + size_bytes;
         offset_bytes += word_size_bytes) {
        REGISTER(BRAM_MPC + MPC_INDEX) = offset_bytes / word_size_bytes;
        REGISTER(BRAM_MPC + MPC_TABLE) = 0xFFFFFFFFu;
    }
}

static void peripheral_open(uint32_t base)
{
    size_t index = 0;
    while (index < PORT_COUNT && ports[index].base != base) {
        index++;
    }
    ENSURE(index < PORT_COUNT);
    const struct port *port = &ports[index];
    REGISTER(SECURE_PRIVILEGE_BLOCK + port->nonsecure_offset) |= 1u << port->bit;
    REGISTER(NONSECURE_PRIVILEGE_BLOCK + port->unprivileged_offset) |= 1u << port->bit;
}

void hal_partition_apply(void)
{
    for (size_t index = 0; index < hal_partition_region_count; index++) {
        const struct partition_region *region = &hal_partition_regions[index];
        if (region->kind == PARTITION_MEMORY) {
            memory_open(region->base, region->size_bytes);
        } else if (region->kind == PARTITION_PERIPHERAL) {
            peripheral_open(region->base);
        }
    }
    REGISTER(SECRESPCFG) = 1; /* blocked accesses are bus errors where the board can make them */
    REGISTER(NSCCFG) = NSCCFG_RAM;
    REGISTER(BRAM_MPC + MPC_CTRL) |= MPC_CTRL_BUS_ERROR | MPC_CTRL_LOCK;
    for (uint32_t word = 0; word < NVIC_WORDS; word++) {
        REGISTER(NVIC_ICER + 4 * word) = 0xFFFFFFFFu;
        REGISTER(NVIC_ITNS + 4 * word) = 0;
    }
    REGISTER(NVIC_ITNS + 4 * (MEMORY_ETHERNET_IRQ / 32)) = 1u << (MEMORY_ETHERNET_IRQ % 32);
}
