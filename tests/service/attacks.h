/* Attacks of the network, of an owned edge and of copied devices against a running service. */
#ifndef TESTS_SERVICE_ATTACKS_H
#define TESTS_SERVICE_ATTACKS_H

#include <stdint.h>

/* Runs one and prints {"attack": NAME, "outcome": "NONE" if it succeeded, else the service's code}. */
int attack_run(const char *name, const char *folder, uint32_t index, uint32_t boot_count);

#endif
