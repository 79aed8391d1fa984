/* Apps: a project to start from, and loading one onto a board on the desk. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/board.h"
#include "cli/commands.h"
#include "cli/emulator/flash_file.h"
#include "cli/maker.h"
#include "cli/slot_file.h"
#include "cli/text.h"
#include "device/abi/slot.h"
#include "device/abi/system_table.h"

#define TEMPLATE_SIZE_BYTES_MAX 16384
/* The program stands in build/host/cli of the tree whose SDK it uses. */
#define LEVELS_TO_SDK 4

/* What stands between two '@' in a template, and what takes its place. */
struct placeholder {
    const char *name;
    const char *value;
};

#define PLACEHOLDER_COUNT 5

static struct outcome find_sdk(const struct invocation *invocation, struct file_path *sdk)
{
    const char *given = invocation_option(invocation, "--sdk");
    ssize_t size = 0;
    *sdk = file_path_format("%s", given != NULL ? given : "");
    if (given == NULL) {
        size = readlink("/proc/self/exe", sdk->text, sizeof sdk->text - 1);
        sdk->text[size > 0 ? size : 0] = 0;
        for (int level = 0; level < LEVELS_TO_SDK; level++) {
            char *end = strrchr(sdk->text, '/');
            if (end != NULL) {
                *end = 0;
            }
        }
    }
    if (!file_exists(file_path_join(sdk->text, "device/sdk/template/main.c").text) ||
        !file_exists(file_path_join(sdk->text, "build/device/device/sdk/libsdk.a").text)) {
        return outcome_refused("there is no SDK in '%s'; give its folder with --sdk, and run 'make device' in it", sdk->text);
    }
    return OUTCOME_OK;
}

/* Copies text with each placeholder replaced. */
static void fill(FILE *out, const char *text, const struct placeholder placeholders[PLACEHOLDER_COUNT])
{
    while (*text != 0) {
        const struct placeholder *found = NULL;
        for (size_t index = 0; index < PLACEHOLDER_COUNT && *text == '@'; index++) {
            size_t size = strlen(placeholders[index].name);
            if (strncmp(text, placeholders[index].name, size) == 0) {
                found = &placeholders[index];
            }
        }
        if (found != NULL) {
            fputs(found->value, out);
            text += strlen(found->name);
        } else {
            fputc(*text++, out);
        }
    }
}

static struct outcome write_from_template(const char *sdk, const char *name, const char *folder, const char *out_name,
                                          const struct placeholder placeholders[PLACEHOLDER_COUNT])
{
    struct buffer contents = {NULL, 0, 0};
    char *text = NULL;
    size_t size = 0;
    PROCEED(file_read(file_path_format("%s/device/sdk/template/%s", sdk, name).text, TEMPLATE_SIZE_BYTES_MAX, &contents));
    FILE *out = open_memstream(&text, &size);
    if (out == NULL) {
        file_forget(&contents);
        return outcome_refused("there is not enough memory");
    }
    fill(out, (const char *)contents.data, placeholders);
    bool whole = fclose(out) == 0;
    struct outcome outcome = whole ? file_create(file_path_join(folder, out_name).text, span_of(text, size), FILE_PUBLIC)
                                   : outcome_refused("there is not enough memory");
    free(text);
    file_forget(&contents);
    return outcome;
}

static struct outcome run_app_new(const struct invocation *invocation)
{
    static const char *const files[][2] = {
        {"main.c", "main.c"}, {"app.toml", "app.toml"}, {"Makefile.in", "Makefile"}, {"README.md", "README.md"}};
    const char *name = invocation->positionals[0];
    const char *maker = invocation_option(invocation, "--maker");
    struct file_path sdk;
    char workspace[FILE_PATH_SIZE_BYTES_MAX];
    if (!text_is_name(name) || strlen(name) >= SYSTEM_NAME_SIZE_BYTES) {
        return outcome_usage("'%s' cannot be the name of an app: " TEXT_NAME_RULE ", at most %d", name,
                             SYSTEM_NAME_SIZE_BYTES - 1);
    }
    PROCEED(maker_check_exists(&invocation->workspace, maker));
    PROCEED(find_sdk(invocation, &sdk));
    char *absolute = realpath(invocation->workspace.folder.text, NULL);
    snprintf(workspace, sizeof workspace, "%s", absolute != NULL ? absolute : invocation->workspace.folder.text);
    free(absolute);
    const struct placeholder placeholders[PLACEHOLDER_COUNT] = {{"@NAME@", name},
                                                                {"@BOARD@", invocation_option(invocation, "--board")},
                                                                {"@SDK@", sdk.text},
                                                                {"@WORKSPACE@", workspace},
                                                                {"@MAKER@", maker}};
    PROCEED(file_make_folder(name));
    for (size_t index = 0; index < sizeof files / sizeof files[0]; index++) {
        PROCEED(write_from_template(sdk.text, files[index][0], name, files[index][1], placeholders));
    }
    outcome_remark("made %s/: change main.c and app.toml, then run 'make' in it", name);
    return OUTCOME_OK;
}

const struct command app_new_command = {
    .group = "app",
    .name = "new",
    .arguments = "NAME",
    .summary = "make a project for an app",
    .help = "Makes the folder NAME with an app that works, its declaration and a Makefile: 'make' in it builds the app,\n"
            "signs it with the owner's app key, loads it onto the board and shows the board's log.\n\n"
            "  sopris app new blink --maker acme --board desk && make -C blink\n\n"
            "Next: change blink/main.c; blink/app.toml says what the app may reach.",
    .positional_min = 1,
    .positional_max = 1,
    .run = run_app_new,
    .options = {{"--board", "NAME", "board to load it onto", true},
                {"--maker", "NAME", "maker of the devices that it is for", true},
                {"--sdk", "FOLDER", "the SDK (default: the tree that this program was built in)", false}},
};

/* A running board would go on with what it has in memory and might write where this writes. */
static struct outcome check_off(const struct workspace *workspace, const char *name)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    int descriptor = open(workspace_path(workspace, "boards/%s/uart.log", name).text, O_WRONLY | O_CLOEXEC);
    bool running = descriptor >= 0 && fcntl(descriptor, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
    if (descriptor >= 0) {
        close(descriptor);
    }
    return running ? outcome_refused("the board '%s' is running; end its 'sopris board run' first", name) : OUTCOME_OK;
}

/* Into both slots, as a programmer on the desk does: whichever is the active one, and the other to fall back to. */
static struct outcome write_slots(const struct workspace *workspace, const char *name, struct span file)
{
    struct file_path flash = workspace_path(workspace, "boards/%s/flash.img", name);
    for (uint32_t slot = 0; slot < SLOT_COUNT; slot++) {
        PROCEED(flash_file_write(flash.text, slot_offset_bytes(COMPONENT_APP, slot), file));
    }
    return OUTCOME_OK;
}

static struct outcome run_app_load(const struct invocation *invocation)
{
    const char *path = invocation->positionals[0];
    const char *board = invocation_option(invocation, "--board");
    struct slot_file file;
    PROCEED(board_check_exists(&invocation->workspace, board));
    PROCEED(check_off(&invocation->workspace, board));
    PROCEED(slot_file_open(path, &file));
    struct outcome outcome = OUTCOME_OK;
    if (file.parts.manifest.component != COMPONENT_APP) {
        outcome = outcome_refused("%s holds no app", path);
    } else {
        outcome = write_slots(&invocation->workspace, board, span_of_buffer(&file.contents));
    }
    slot_file_close(&file);
    return outcome;
}

const struct command app_load_command = {
    .group = "app",
    .name = "load",
    .arguments = "IMAGE",
    .summary = "load an app onto a board on the desk",
    .help = "Writes a signed app into the flash of an emulated board that is switched off. The board runs it only if it is\n"
            "the owner's and the owner's key signed it. Devices in the field get apps by 'sopris rollout start'.\n\n"
            "  sopris app load blink.img --board desk\n\n"
            "Next: 'sopris release add blink.img' makes it known to the service, 'sopris board run desk' runs it.",
    .positional_min = 1,
    .positional_max = 1,
    .run = run_app_load,
    .options = {{"--board", "NAME", "the board", true}},
};
