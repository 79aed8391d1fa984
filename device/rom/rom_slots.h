/* Choice of the monitor's slot: the active one first, then the other; each refusal has its own code on the console. */
#ifndef DEVICE_ROM_ROM_SLOTS_H
#define DEVICE_ROM_ROM_SLOTS_H

#include "device/rom/rom_state.h"

/* Loads the monitor's image into its area; sets slot_index, slot_errors and facts. A slot that has used up its
 * attempts, or is refused while the other is good, loses its place as the active one, durably.
 * errors  BOOT_NO_SLOT, FLASH_* */
MUST_USE struct error rom_slots_load(struct rom_state *state);

#endif
