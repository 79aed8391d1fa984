#include "device/compartments/net/lan9118.h"

#include <string.h>

#include "base/ensure.h"
#include "device/abi/memory_map.h"

#define RX_DATA_FIFO 0x00u
#define TX_DATA_FIFO 0x20u
#define RX_STATUS_FIFO 0x40u
#define TX_STATUS_FIFO 0x48u
#define IRQ_CFG 0x54u
#define INT_STS 0x58u
#define INT_EN 0x5Cu
#define BYTE_TEST 0x64u
#define FIFO_INT 0x68u
#define RX_CFG 0x6Cu
#define TX_CFG 0x70u
#define HW_CFG 0x74u
#define RX_FIFO_INF 0x7Cu
#define TX_FIFO_INF 0x80u
#define PMT_CTRL 0x84u
#define MAC_CSR_CMD 0xA4u
#define MAC_CSR_DATA 0xA8u
#define AFC_CFG 0xACu

#define BYTE_TEST_VALUE 0x87654321u
#define HW_CFG_SOFT_RESET 1u
#define HW_CFG_TX_FIFO_5K 0x00050000u
#define PMT_CTRL_READY 1u
#define AFC_CFG_VALUE 0x006E3740u
/* Enabled, active high, push-pull. Until then the line is active low. */
#define IRQ_CFG_VALUE 0x111u
#define INT_RX_STATUS_LEVEL (1u << 3)
#define TX_CFG_ON 2u
#define MAC_BUSY (1u << 31)
#define MAC_READ_NOT_WRITE (1u << 30)
#define MAC_CR 1u
#define MAC_ADDRESS_HIGH 2u
#define MAC_ADDRESS_LOW 3u
#define MAC_CR_VALUE ((1u << 20) | (1u << 3) | (1u << 2)) /* full duplex, transmit, receive */
#define TX_COMMAND_WHOLE_FRAME ((1u << 13) | (1u << 12))
#define RX_STATUS_ERROR (1u << 15)
#define RX_STATUS_SIZE_SHIFT 16
#define RX_STATUS_SIZE_MASK 0x3FFFu
#define CHECKSUM_SIZE_BYTES 4u
#define FRAME_SIZE_BYTES_MIN 14u
#define SPIN_COUNT_MAX 100000u

_Static_assert(MAC_READ_NOT_WRITE != MAC_BUSY, "register bits differ");

static volatile uint32_t *reg(uint32_t offset)
{
    return (volatile uint32_t *)(uintptr_t)(MEMORY_ETHERNET_BASE + offset);
}

/* Waits until (register & mask) == value, not for ever. */
static bool wait_until(uint32_t offset, uint32_t mask, uint32_t value)
{
    for (uint32_t spins = 0; spins < SPIN_COUNT_MAX; spins++) {
        if ((*reg(offset) & mask) == value) {
            return true;
        }
    }
    return false;
}

static bool write_mac(uint32_t index, uint32_t value)
{
    if (!wait_until(MAC_CSR_CMD, MAC_BUSY, 0)) {
        return false;
    }
    *reg(MAC_CSR_DATA) = value;
    *reg(MAC_CSR_CMD) = MAC_BUSY | index;
    return wait_until(MAC_CSR_CMD, MAC_BUSY, 0);
}

static bool set_address(const uint8_t address[LAN9118_ADDRESS_SIZE_BYTES])
{
    uint32_t low = (uint32_t)address[0] | (uint32_t)address[1] << 8 | (uint32_t)address[2] << 16 |
                   (uint32_t)address[3] << 24;
    uint32_t high = (uint32_t)address[4] | (uint32_t)address[5] << 8;

    return write_mac(MAC_ADDRESS_HIGH, high) && write_mac(MAC_ADDRESS_LOW, low);
}

struct error lan9118_start(const uint8_t address[LAN9118_ADDRESS_SIZE_BYTES])
{
    if (*reg(BYTE_TEST) != BYTE_TEST_VALUE) {
        return ERROR(NET, UNREACHABLE);
    }
    *reg(HW_CFG) = HW_CFG_SOFT_RESET;
    if (!wait_until(HW_CFG, HW_CFG_SOFT_RESET, 0) || !wait_until(PMT_CTRL, PMT_CTRL_READY, PMT_CTRL_READY)) {
        return ERROR(NET, UNREACHABLE);
    }
    *reg(HW_CFG) = HW_CFG_TX_FIFO_5K;
    *reg(AFC_CFG) = AFC_CFG_VALUE;
    *reg(INT_EN) = 0;
    *reg(INT_STS) = UINT32_MAX;
    if (!set_address(address)) {
        return ERROR(NET, UNREACHABLE);
    }
    *reg(RX_CFG) = 0;
    *reg(TX_CFG) = TX_CFG_ON;
    *reg(FIFO_INT) = 0; /* at the first frame */
    if (!write_mac(MAC_CR, MAC_CR_VALUE)) {
        return ERROR(NET, UNREACHABLE);
    }
    *reg(IRQ_CFG) = IRQ_CFG_VALUE;
    *reg(INT_EN) = INT_RX_STATUS_LEVEL;
    return ERROR_NONE;
}

struct error lan9118_send(struct span frame)
{
    uint32_t command = TX_COMMAND_WHOLE_FRAME | (uint32_t)frame.size;
    bool room = false;

    ENSURE(frame.size <= LAN9118_FRAME_SIZE_BYTES_MAX);
    for (uint32_t spins = 0; spins < SPIN_COUNT_MAX && !room; spins++) {
        room = (*reg(TX_FIFO_INF) & 0xFFFFu) >= frame.size + 16;
    }
    if (!room) {
        return ERROR(NET, TIMEOUT);
    }
    *reg(TX_DATA_FIFO) = command;
    *reg(TX_DATA_FIFO) = (uint32_t)frame.size;
    for (size_t offset = 0; offset < frame.size; offset += 4) {
        uint32_t word = 0;
        memcpy(&word, frame.data + offset, frame.size - offset < 4 ? frame.size - offset : 4);
        *reg(TX_DATA_FIFO) = word;
    }
    while ((*reg(TX_FIFO_INF) >> 16 & 0xFFu) != 0) {
        (void)*reg(TX_STATUS_FIFO);
    }
    return ERROR_NONE;
}

/* Reads one frame out of the data FIFO, whether it is wanted or not. */
static void drain(struct buffer *frame, size_t size, bool wanted)
{
    for (size_t offset = 0; offset < size; offset += 4) {
        uint32_t word = *reg(RX_DATA_FIFO);
        if (wanted && offset < frame->capacity) {
            size_t room = frame->capacity - offset;
            memcpy(frame->data + offset, &word, room < 4 ? room : 4);
        }
    }
}

bool lan9118_receive(struct buffer *frame)
{
    ENSURE(frame->capacity >= LAN9118_FRAME_SIZE_BYTES_MAX);
    while ((*reg(RX_FIFO_INF) >> 16 & 0xFFu) != 0) {
        uint32_t status = *reg(RX_STATUS_FIFO);
        size_t size = status >> RX_STATUS_SIZE_SHIFT & RX_STATUS_SIZE_MASK;
        bool wanted = (status & RX_STATUS_ERROR) == 0 && size >= FRAME_SIZE_BYTES_MIN + CHECKSUM_SIZE_BYTES &&
                      size <= LAN9118_FRAME_SIZE_BYTES_MAX + CHECKSUM_SIZE_BYTES;
        drain(frame, size, wanted);
        if (wanted) {
            frame->size = size - CHECKSUM_SIZE_BYTES;
            return true;
        }
    }
    return false;
}

void lan9118_acknowledge(void)
{
    *reg(INT_STS) = INT_RX_STATUS_LEVEL;
}
