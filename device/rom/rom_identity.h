/* DICE in the ROM: from the UDS and what was measured to the keys and the certificate that the monitor gets. */
#ifndef DEVICE_ROM_ROM_IDENTITY_H
#define DEVICE_ROM_ROM_IDENTITY_H

#include "device/abi/handoff.h"
#include "device/rom/rom_state.h"

/* Fills the hand-over. Takes public keys and certificate from the slot's receipt if it covers exactly what was
 * measured, else derives and signs them and writes a new receipt.
 * errors  CRYPTO_*, CBOR_CAPACITY, FLASH_* */
MUST_USE struct error rom_identity_derive(struct rom_state *state, struct handoff *handoff);
/* DeviceID's public key; valid after rom_identity_derive. */
const struct ecdsa_p256_public_key *rom_identity_device_id(const struct rom_state *state);

#endif
