/* One run of the emulated board: a QEMU process, its console and its event channel.
 * QEMU ends at every reset of the guest (-no-reboot), so that each boot starts with clean memory, a fresh UDS blob and
 * a fresh random seed, and never anywhere but in the ROM. */
#ifndef CLI_EMULATOR_QEMU_H
#define CLI_EMULATOR_QEMU_H

#include <stdint.h>
#include <sys/types.h>

#include "cli/outcome.h"

/* A port that the board serves, and where it is reached on this machine, 127.0.0.1. */
struct qemu_port {
    uint16_t device_port;
    uint16_t host_port;
};

#define QEMU_PORT_COUNT_MAX 16

/* The folder holds rom.bin, fuses.bin, uds.bin, flash.img. */
struct qemu_launch {
    const char *folder;
    const char *guest_address; /* where the guest finds the host's ports, "10.0.2.100" */
    uint16_t service_port;     /* on 127.0.0.1; 0: the guest has no service */
    uint16_t broker_port;      /* on 127.0.0.1; 0: the guest has no broker */
    int32_t temperature;       /* at the sensor, in thousandths of a degree Celsius */
    bool steady;               /* time is counted in instructions, not taken from this machine */
    uint8_t contacts;          /* bit n: contact n of the field's pins is closed */
    size_t port_count;
    struct qemu_port ports[QEMU_PORT_COUNT_MAX];
};

/* Ports that the guest dials; they never change, those on the host do. */
#define QEMU_GUEST_SERVICE_PORT 8443
#define QEMU_GUEST_BROKER_PORT 8883

struct qemu {
    const char *folder; /* borrowed from the launch */
    pid_t pid;
    int console; /* its UART, both ways, non-blocking */
    int qmp;     /* event channel, non-blocking; capabilities are negotiated */
};

/* Starts the machine. It dies with this program, however that ends. */
MUST_USE struct outcome qemu_start(const struct qemu_launch *launch, struct qemu *qemu);
/* Ends it if it still runs, waits for it, closes the descriptors, removes the blob with UDS and seed.
 * Returns the wait status. */
int qemu_stop(struct qemu *qemu);
/* Last line that QEMU itself wrote to its error output, "" if none. */
void qemu_last_words(const char *folder, char *out, size_t capacity);

#endif
