#include <jansson.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/secret.h"
#include "cli/board.h"
#include "cli/commands.h"
#include "cli/emulator/console.h"
#include "cli/emulator/flash_file.h"
#include "cli/emulator/lines.h"
#include "cli/emulator/qemu.h"
#include "cli/maker.h"
#include "cli/slot_file.h"
#include "cli/text.h"
#include "device/abi/flash_map.h"
#include "device/abi/fuses.h"
#include "device/abi/memory_map.h"
#include "device/abi/monitor_call.h"
#include "device/abi/provisioning.h"
#include "device/abi/slot.h"

#define FACTORY_BOOT_TIMEOUT_MS 60000

/* What is being made: where, and for whom. */
struct manufacture {
    const struct invocation *invocation;
    const char *name;
    const char *maker;
    const char *batch;
    struct file_path folder;
    struct file_path flash;
};

struct outcome board_check_exists(const struct workspace *workspace, const char *name)
{
    if (!text_is_name(name)) {
        return outcome_usage("'%s' cannot be the name of a board: " TEXT_NAME_RULE, name);
    }
    if (!file_exists(workspace_path(workspace, "boards/%s/board.json", name).text)) {
        return outcome_refused("there is no board '%s' in %s; make it with 'sopris board new %s --maker NAME'", name,
                               workspace->folder.text, name);
    }
    return OUTCOME_OK;
}

static struct outcome write_rom_and_fuses(const struct manufacture *job)
{
    struct buffer rom = {NULL, 0, 0};
    struct maker_identity identity;
    struct fuses fuses = {.debug = false, .batch_size_bytes = (uint8_t)strlen(job->batch)};
    uint8_t bytes[FUSES_SIZE_BYTES];
    struct writer writer;
    writer_init(&writer, bytes, sizeof bytes);
    PROCEED(maker_load_identity(&job->invocation->workspace, job->maker, &identity));
    PROCEED(maker_root_digest(&job->invocation->workspace, job->maker, &fuses.maker_root_digest));
    fuses.vendor = identity.vendor;
    fuses.device_class = identity.device_class;
    memcpy(fuses.batch, job->batch, fuses.batch_size_bytes);
    PROCEED(outcome_of_error(fuses_encode(&fuses, &writer), "the fuses cannot be encoded"));
    PROCEED(file_create(file_path_join(job->folder.text, "fuses.bin").text, writer_span(&writer), FILE_PUBLIC));
    PROCEED(file_read(invocation_option(job->invocation, "--rom"), MEMORY_ROM_SIZE, &rom));
    struct outcome outcome =
        file_create(file_path_join(job->folder.text, "rom.bin").text, span_of_buffer(&rom), FILE_PUBLIC);
    file_forget(&rom);
    return outcome;
}

/* The device secret. On silicon it is made inside the chip and never leaves it. */
static struct outcome write_uds(const struct manufacture *job)
{
    uint8_t uds[MEMORY_SECRETS_UDS_SIZE];
    keys_random(uds, sizeof uds);
    struct outcome outcome =
        file_create(file_path_join(job->folder.text, "uds.bin").text, SPAN_OF(uds), FILE_SECRET);
    secret_wipe(uds, sizeof uds);
    return outcome;
}

/* Into both slots, so that the fallback boots from the first day. */
static struct outcome write_image(const struct manufacture *job, const char *option, enum component component)
{
    const char *path = invocation_option(job->invocation, option);
    struct slot_file file;
    if (path == NULL) {
        return OUTCOME_OK;
    }
    PROCEED(slot_file_open(path, &file));
    struct outcome outcome = slot_file_check(path, &file, &(struct image_file_policy){.component = component});
    if (outcome_is_ok(outcome) && file.contents.size > slot_size_bytes(component)) {
        outcome = outcome_refused("%s is larger than the slot", path);
    }
    for (uint32_t slot = 0; outcome_is_ok(outcome) && slot < SLOT_COUNT; slot++) {
        outcome =
            flash_file_write(job->flash.text, slot_offset_bytes(component, slot), span_of_buffer(&file.contents));
    }
    slot_file_close(&file);
    return outcome;
}

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Reads the console until the ROM names its DeviceID. last keeps the line before, for the complaint. */
static bool await_device_id(const struct qemu *qemu, struct ecdsa_p256_public_key *device_id, char *last,
                            size_t last_capacity)
{
    struct lines lines;
    int64_t deadline_ms = now_ms() + FACTORY_BOOT_TIMEOUT_MS;
    lines_init(&lines);
    for (;;) {
        struct pollfd ready = {qemu->console, POLLIN, 0};
        int64_t left_ms = deadline_ms - now_ms();
        const char *line;
        if (left_ms <= 0 || poll(&ready, 1, (int)left_ms) <= 0 || !lines_fill(&lines, qemu->console)) {
            return false;
        }
        while ((line = lines_next(&lines)) != NULL) {
            if (console_find_device_id(line, device_id->bytes)) {
                return true;
            }
            snprintf(last, last_capacity, "%s", line);
            text_clean(last);
        }
    }
}

/* First power on: the ROM derives the DeviceID from the new UDS and, finding no certificate, says its public key. */
static struct outcome read_device_id(const struct manufacture *job, struct ecdsa_p256_public_key *device_id)
{
    /* Steady: on a busy machine the watchdog must not cut the first start short. */
    const struct qemu_launch launch = {
        .folder = job->folder.text, .guest_address = MONITOR_RENDEZVOUS_HOST, .steady = true};
    struct qemu qemu;
    char last[256] = "";
    char words[256];
    PROCEED(qemu_start(&launch, &qemu));
    bool found = await_device_id(&qemu, device_id, last, sizeof last);
    qemu_stop(&qemu);
    if (found) {
        return OUTCOME_OK;
    }
    qemu_last_words(job->folder.text, words, sizeof words);
    return outcome_refused("the ROM did not print its DeviceID%s%s%s%s; is %s the ROM of this board?",
                           last[0] != 0 ? "; its last line was: " : "", last,
                           words[0] != 0 ? "; the emulator says: " : "", words,
                           invocation_option(job->invocation, "--rom"));
}

static struct outcome write_provisioning(const struct manufacture *job, X509 *device, X509 *ca)
{
    uint8_t der[2][PROVISIONING_CERTIFICATE_SIZE_BYTES_MAX];
    struct buffer device_der = BUFFER_OF(der[0]);
    struct buffer ca_der = BUFFER_OF(der[1]);
    uint8_t region[FLASH_PROVISIONING_SIZE];
    struct writer writer;
    writer_init(&writer, region, sizeof region);
    PROCEED(certificates_der(device, &device_der));
    PROCEED(certificates_der(ca, &ca_der));
    const struct provisioning provisioning = {2, {span_of_buffer(&device_der), span_of_buffer(&ca_der)}};
    PROCEED(outcome_of_error(provisioning_encode(&provisioning, &writer), "the certificates cannot be encoded"));
    return flash_file_write(job->flash.text, FLASH_PROVISIONING_OFFSET, writer_span(&writer));
}

static struct outcome certify(const struct manufacture *job, const struct ecdsa_p256_public_key *device_id)
{
    const struct workspace *workspace = &job->invocation->workspace;
    X509 *device = NULL;
    X509 *ca = NULL;
    PROCEED(maker_certify(workspace, job->maker, device_id, job->batch, &device));
    struct outcome outcome = certificates_load(workspace_path(workspace, "makers/%s/ca.crt", job->maker).text, &ca);
    if (outcome_is_ok(outcome)) {
        outcome = write_provisioning(job, device, ca);
    }
    X509_free(device);
    X509_free(ca);
    return outcome;
}

/* board.json comes last: a folder without it is a board whose making was interrupted. */
static struct outcome write_description(const struct manufacture *job, const struct ecdsa_p256_public_key *device_id)
{
    struct ueid ueid;
    char ueid_text[2 * UEID_SIZE_BYTES + 1];
    ueid_of(device_id, &ueid);
    text_format_hex(SPAN_OF(ueid.bytes), ueid_text);
    json_t *record = json_pack("{s:s, s:s, s:s, s:s}", "board", job->name, "maker", job->maker, "batch", job->batch,
                               "ueid", ueid_text);
    char *text = json_dumps(record, JSON_INDENT(2));
    struct outcome outcome = file_create(file_path_join(job->folder.text, "board.json").text,
                                         span_of(text, strlen(text)), FILE_PUBLIC);
    free(text);
    if (outcome_is_ok(outcome)) {
        output_record(job->invocation->format, record);
    }
    if (outcome_is_ok(outcome) && job->invocation->format == OUTPUT_TABLE) {
        printf("next: 'sopris board run %s'\n", job->name);
    }
    json_decref(record);
    return outcome;
}

static struct outcome run_board_new(const struct invocation *invocation)
{
    struct manufacture job = {
        .invocation = invocation,
        .name = invocation->positionals[0],
        .maker = invocation_option(invocation, "--maker"),
        .batch = invocation_option(invocation, "--batch"),
    };
    struct ecdsa_p256_public_key device_id;
    if (!text_is_name(job.name)) {
        return outcome_usage("'%s' cannot be the name of a board: " TEXT_NAME_RULE, job.name);
    }
    if (!text_is_batch(job.batch)) {
        return outcome_usage("--batch cannot be that: " TEXT_BATCH_RULE);
    }
    PROCEED(maker_check_exists(&invocation->workspace, job.maker));
    job.folder = workspace_path(&invocation->workspace, "boards/%s", job.name);
    job.flash = file_path_join(job.folder.text, "flash.img");
    if (file_exists(job.folder.text)) {
        return outcome_refused("%s exists and is not overwritten; remove it first if you mean to replace the board",
                               job.folder.text);
    }
    PROCEED(file_make_folder(job.folder.text));
    PROCEED(write_rom_and_fuses(&job));
    PROCEED(write_uds(&job));
    PROCEED(flash_file_create(job.flash.text));
    PROCEED(write_image(&job, "--monitor", COMPONENT_MONITOR));
    PROCEED(write_image(&job, "--base", COMPONENT_BASE));
    PROCEED(write_image(&job, "--app", COMPONENT_APP));
    PROCEED(read_device_id(&job, &device_id));
    PROCEED(certify(&job, &device_id));
    return write_description(&job, &device_id);
}

const struct command board_new_command = {
    .group = "board",
    .name = "new",
    .arguments = "NAME",
    .summary = "manufacture an emulated board",
    .help = "Manufactures an emulated board in boards/NAME: fuses with the maker's root, a device secret, a flash with the\n"
            "given signed images in both slots. Then it is switched on once: the ROM says its DeviceID public key, the\n"
            "maker's CA certifies it, and the certificate goes into the flash. Only that key's certificate leaves the\n"
            "factory; no list of device secrets exists.\n\n"
            "  sopris board new kitchen --maker acme --batch 2026-11 --rom rom.bin --monitor monitor.img \\\n"
            "      --base base.img --app thermostat.img\n\n"
            "Next: 'sopris board run kitchen'.",
    .positional_min = 1,
    .positional_max = 1,
    .run = run_board_new,
    .options = {{"--maker", "NAME", "who makes the board", true},
                {"--batch", "BATCH", "production batch, by which vouchers may assign it", true},
                {"--rom", "FILE", "ROM of the board, as the build makes it", true},
                {"--monitor", "IMAGE", "signed monitor", false},
                {"--base", "IMAGE", "signed base (kernel, net, agent, hub)", false},
                {"--app", "IMAGE", "app signed by the future owner", false}},
};
