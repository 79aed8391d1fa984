#include "device/sdk/sdk_i2c.h"

#define SET 0x0u
#define CLEAR 0x4u
#define CLOCK 1u
#define DATA 2u
#define BITS 8
#define DIRECTION_READ 1u
/* A good microsecond a half period on a core of 32 MHz: fast mode, 400 kHz. */
#define HALF_PERIOD_SPINS 10

static volatile uint32_t *lines(uint32_t bus, uint32_t offset)
{
    return (volatile uint32_t *)(uintptr_t)(bus + offset);
}

static void drive(uint32_t bus, uint32_t line, bool high)
{
    *lines(bus, high ? SET : CLEAR) = line;
    for (uint32_t spins = 0; spins < HALF_PERIOD_SPINS; spins++) {
        __asm__ volatile("" ::: "memory");
    }
}

/* One clock with the data line at this level; gives the level that it had while the clock was high. */
static bool clock_bit(uint32_t bus, bool level)
{
    drive(bus, DATA, level);
    drive(bus, CLOCK, true);
    bool seen = (*lines(bus, SET) & DATA) != 0;
    drive(bus, CLOCK, false);
    return seen;
}

static void start(uint32_t bus)
{
    drive(bus, DATA, true);
    drive(bus, CLOCK, true);
    drive(bus, DATA, false);
    drive(bus, CLOCK, false);
}

static void stop(uint32_t bus)
{
    drive(bus, DATA, false);
    drive(bus, CLOCK, true);
    drive(bus, DATA, true);
}

/* True if the device acknowledged: it pulled the data line down. */
static bool write_byte(uint32_t bus, uint8_t byte)
{
    for (int bit = BITS - 1; bit >= 0; bit--) {
        (void)clock_bit(bus, (byte >> bit & 1) != 0);
    }
    return !clock_bit(bus, true);
}

static uint8_t read_byte(uint32_t bus, bool last)
{
    uint8_t byte = 0;

    for (int bit = 0; bit < BITS; bit++) {
        byte = (uint8_t)(byte << 1 | (clock_bit(bus, true) ? 1 : 0));
    }
    (void)clock_bit(bus, last);
    return byte;
}

bool sdk_i2c_read(uint32_t bus, uint8_t address, uint8_t reg, uint8_t *out, size_t size_bytes)
{
    uint8_t first = (uint8_t)(address << 1);

    start(bus);
    bool answered = write_byte(bus, first) && write_byte(bus, reg);
    if (answered) {
        start(bus);
        answered = write_byte(bus, (uint8_t)(first | DIRECTION_READ));
    }
    for (size_t i = 0; answered && i < size_bytes; i++) {
        out[i] = read_byte(bus, i + 1 == size_bytes);
    }
    stop(bus);
    return answered;
}

bool sdk_i2c_write(uint32_t bus, uint8_t address, uint8_t reg, const uint8_t *data, size_t size_bytes)
{
    start(bus);
    bool answered = write_byte(bus, (uint8_t)(address << 1)) && write_byte(bus, reg);
    for (size_t i = 0; answered && i < size_bytes; i++) {
        answered = write_byte(bus, data[i]);
    }
    stop(bus);
    return answered;
}
