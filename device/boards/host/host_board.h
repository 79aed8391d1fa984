/* The host board: a device as a Linux process. Flash is a file or memory, secrets and fuses are given, the clock is
 * virtual. No isolation is claimed. One board a process.
 *
 * A test drives it like a power switch: host_board_open, then for each start host_board_power_on and host_board_run.
 * Whatever ends a program on silicon (reset, jump to the monitor, power cut) ends host_board_run here. */
#ifndef DEVICE_BOARDS_HOST_HOST_BOARD_H
#define DEVICE_BOARDS_HOST_HOST_BOARD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"
#include "device/abi/fuses.h"

struct host_board_config {
    const char *flash_path; /* made if missing; NULL: memory only */
    uint32_t flash_offset_bytes; /* where in the file the flash begins; MEMORY_FLASH_FILE_OFFSET for an emulated board's */
    uint8_t uds[32];
    uint8_t fuses[FUSES_SIZE_BYTES];
    int console_fd;     /* console lines go here as well as to host_board_console; -1: not */
    bool clock_is_real; /* uptime follows the machine's clock; otherwise it is virtual */
};

enum host_event {
    HOST_EVENT_RETURNED = 0, /* the program returned */
    HOST_EVENT_STARTED,      /* hal_system_start_monitor: the monitor's image is in its area, the hand-over in place */
    HOST_EVENT_RESET,        /* hal_system_reset */
    HOST_EVENT_WATCHDOG,     /* the watchdog ran out */
    HOST_EVENT_POWER_CUT,    /* as asked for by host_board_cut_power */
};

/* False with a sentence on stderr if the flash file cannot be used. */
bool host_board_open(const struct host_board_config *config);
void host_board_close(void);
/* One start: RAM undefined, clock zero, watchdog off, console empty, UDS and this seed ready to be taken. */
void host_board_power_on(const uint8_t seed[32]);
/* Runs program until it returns or ends the board's run. */
enum host_event host_board_run(void (*program)(void));
/* For programs with threads of their own: called instead of ending host_board_run; must not return. */
void host_board_on_event(void (*handler)(enum host_event event));

/* What the console has shown since power on. */
struct span host_board_console(void);
/* Bytes that come in on the console from now on; borrowed. Call after host_board_power_on. */
void host_board_type(struct span bytes);
/* The flash, for tests that plant, flip and compare. */
uint8_t *host_board_flash(void);

/* Moves the virtual clock; the watchdog may run out. */
void host_board_clock_advance(uint32_t time_ms);

/* Where in one flash operation (a word programmed, a block erased) the power goes. */
enum host_cut {
    HOST_CUT_BEFORE = 0,
    HOST_CUT_TORN_LOW,  /* word: only bits of the low half are written; block: only the first half is erased */
    HOST_CUT_TORN_HIGH, /* the same for the other half */
    HOST_CUT_AFTER,
    HOST_CUT_COUNT,
};
/* The power goes at the operation with this number, counted from 0 at power on; call after host_board_power_on. */
void host_board_cut_power(uint32_t operation_index, enum host_cut cut);
/* Flash operations since power on. */
uint32_t host_board_operation_count(void);
/* Erases of the block that holds this offset, since the program started. */
uint32_t host_board_erase_count(uint32_t offset_bytes);

#endif
