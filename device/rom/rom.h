/* The ROM's one entry point; boards call it from their reset handler.
 * Order: watchdog, secrets taken and wiped, fuses, counters, boot record, requested counter step, slot choice, verified
 * copy of the monitor, DICE derivation, attestation certificate, hand-over. Never returns: jumps or resets.
 * Console lines (docs/protocol/console.md), one fact each, codes of base/error_list.h in hex:
 *     rom: boot <boot count> epoch <n>
 *     rom: slot a 0x0305          this slot was refused or given up, and why
 *     rom: device-id <128 hex>    only while the provisioning region is empty
 *     rom: monitor a <sequence> <first 8 hex digits of the measurement>
 *     rom: halt 0x0b03            no slot may run; resets by watchdog */
#ifndef DEVICE_ROM_ROM_H
#define DEVICE_ROM_ROM_H

__attribute__((noreturn)) void rom_boot(void);

#endif
