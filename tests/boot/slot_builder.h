/* Makes slots, key sets and fuses for boot tests, good ones and bad ones. Keys are derived from names, so that a test
 * and the board agree on them without files. */
#ifndef TESTS_BOOT_SLOT_BUILDER_H
#define TESTS_BOOT_SLOT_BUILDER_H

#include "device/abi/fuses.h"
#include "device/abi/slot.h"
#include "formats/manifest/manifest.h"

struct slot_recipe {
    const char *root;       /* signs the key set; "maker" is the one in the fuses */
    const char *keyset_key; /* the key that the key set holds */
    const char *signer;     /* signs the manifest */
    enum keyset_kind kind;
    uint32_t generation;
    uint32_t sequence_min;
    uint32_t sequence;
    enum component component;
    uint8_t vendor; /* repeated over the UUID; SLOT_RECIPE_VENDOR is the one in the fuses */
    uint8_t device_class;
    bool is_unsigned; /* the manifest has no signature */
};

#define SLOT_RECIPE_VENDOR 0x11
#define SLOT_RECIPE_CLASS 0x22
#define SLOT_RECIPE_GOOD                                                                                           \
    ((struct slot_recipe){"maker", "release", "release", KEYSET_RELEASE, 1, 1, 1, COMPONENT_MONITOR,               \
                          SLOT_RECIPE_VENDOR, SLOT_RECIPE_CLASS, false})

/* Writes header block and image; out has room for both. Asserts on failure: recipes are a test's own. */
void slot_build(const struct slot_recipe *recipe, struct span image, struct writer *out);
/* Fuses for maker root "maker"; FUSES_SIZE_BYTES. */
void slot_build_fuses(bool debug, struct writer *out);

#endif
