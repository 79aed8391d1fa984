/* The step to the next epoch, if the boot record asks for it. */
#ifndef DEVICE_ROM_ROM_EPOCH_H
#define DEVICE_ROM_ROM_EPOCH_H

#include "device/rom/rom_state.h"

/* One step at most. The record of the next epoch is written first, then the counter is raised, so that either side of it
 * finds a record under its own key (threat T-07).  errors  FLASH_*, BOOT_COUNTER */
MUST_USE struct error rom_epoch_step(struct rom_state *state);

#endif
