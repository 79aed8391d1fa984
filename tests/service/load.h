/* Many devices at once: for measurements, and for killing processes under load. */
#ifndef TESTS_SERVICE_LOAD_H
#define TESTS_SERVICE_LOAD_H

#include <stdbool.h>
#include <stdint.h>

struct load_wish {
    const char *folder;
    uint32_t device_count;
    uint32_t seconds;
    bool is_kept; /* one connection for all check-ins of a device, else a new one for each */
    uint32_t thread_count;
    const char *acks_path; /* one line "UEID boot sequence" for each verified answer; NULL: none */
    uint32_t boot_count;
};

/* Prints what came of it as JSON; 0 if nothing was refused. */
int load_run(const struct load_wish *wish);

#endif
