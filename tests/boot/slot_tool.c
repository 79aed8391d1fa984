/* Writes a slot or a fuse blob for the boot tests on the emulated board.
 *     slot_tool fuses OUT [debug=1]
 *     slot_tool slot IMAGE OUT [root=NAME] [keyset_key=NAME] [signer=NAME] [kind=N] [generation=N] [sequence_min=N]
 *                              [sequence=N] [component=N] [vendor=N] [class=N] [unsigned=1] */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/boot/slot_builder.h"

static uint8_t image[0x20000];
static uint8_t slot[SLOT_HEADER_SIZE_BYTES + sizeof(image)];

static bool option(const char *argument, const char *name, const char **value)
{
    size_t size = strlen(name);
    if (strncmp(argument, name, size) != 0 || argument[size] != '=') {
        return false;
    }
    *value = argument + size + 1;
    return true;
}

static bool recipe_option(struct slot_recipe *recipe, const char *argument)
{
    const char *value;
    if (option(argument, "root", &recipe->root) || option(argument, "keyset_key", &recipe->keyset_key) ||
        option(argument, "signer", &recipe->signer)) {
        return true;
    }
    const struct {
        const char *name;
        uint32_t *field;
    } numbers[] = {{"generation", &recipe->generation},
                   {"sequence_min", &recipe->sequence_min},
                   {"sequence", &recipe->sequence}};
    for (size_t index = 0; index < sizeof(numbers) / sizeof(numbers[0]); index++) {
        if (option(argument, numbers[index].name, &value)) {
            *numbers[index].field = (uint32_t)strtoul(value, NULL, 0);
            return true;
        }
    }
    if (option(argument, "kind", &value)) {
        recipe->kind = (enum keyset_kind)strtoul(value, NULL, 0);
    } else if (option(argument, "component", &value)) {
        recipe->component = (enum component)strtoul(value, NULL, 0);
    } else if (option(argument, "vendor", &value)) {
        recipe->vendor = (uint8_t)strtoul(value, NULL, 0);
    } else if (option(argument, "class", &value)) {
        recipe->device_class = (uint8_t)strtoul(value, NULL, 0);
    } else if (option(argument, "unsigned", &value)) {
        recipe->is_unsigned = strcmp(value, "1") == 0;
    } else {
        return false;
    }
    return true;
}

static int file_write(const char *path, struct span bytes)
{
    FILE *file = fopen(path, "wb");
    bool ok = file != NULL && fwrite(bytes.data, 1, bytes.size, file) == bytes.size;
    if (file != NULL && fclose(file) != 0) {
        ok = false;
    }
    if (!ok) {
        fprintf(stderr, "slot_tool: cannot write %s\n", path);
    }
    return ok ? 0 : 1;
}

static int slot_write(int count, char **arguments)
{
    struct slot_recipe recipe = SLOT_RECIPE_GOOD;
    for (int index = 2; index < count; index++) {
        if (!recipe_option(&recipe, arguments[index])) {
            fprintf(stderr, "slot_tool: no option is called %s\n", arguments[index]);
            return 2;
        }
    }
    FILE *file = fopen(arguments[0], "rb");
    size_t size = file == NULL ? 0 : fread(image, 1, sizeof(image), file);
    if (file == NULL || fclose(file) != 0 || size == 0) {
        fprintf(stderr, "slot_tool: cannot read %s\n", arguments[0]);
        return 1;
    }
    struct writer out;
    writer_init(&out, slot, sizeof(slot));
    slot_build(&recipe, span_of(image, size), &out);
    return file_write(arguments[1], writer_span(&out));
}

int main(int count, char **arguments)
{
    if (count >= 3 && strcmp(arguments[1], "fuses") == 0) {
        uint8_t fuses[FUSES_SIZE_BYTES];
        struct writer out;
        writer_init(&out, fuses, sizeof(fuses));
        slot_build_fuses(count > 3 && strcmp(arguments[3], "debug=1") == 0, &out);
        return file_write(arguments[2], writer_span(&out));
    }
    if (count >= 4 && strcmp(arguments[1], "slot") == 0) {
        return slot_write(count - 2, arguments + 2);
    }
    fprintf(stderr, "usage: slot_tool fuses OUT [debug=1] | slot IMAGE OUT [NAME=VALUE]...\n");
    return 2;
}
