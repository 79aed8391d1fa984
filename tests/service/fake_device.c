/* Devices for tests and measurements. Prints one JSON object a line.
 *     fake_device world DIR [WORKERS]      makes maker, owner and the service's files
 *     fake_device join DIR [INDEX [EPOCH]] one device checks in until accepted
 *     fake_device run DIR INDEX BASE BOOT SEQUENCE [epoch=EPOCH] [report=COMPONENT,SEQUENCE,STATE,CODE,BYTES]
 *                 [generations=RELEASE,APP,CONTROL]  one device, running this base, checks in once
 *     fake_device keyset DIR KIND GENERATION KEY     writes DIR/KIND-GENERATION.keyset by the owner root
 *     fake_device claim DIR                asks for a claim bundle
 *     fake_device attack NAME DIR INDEX    see attacks.c
 *     fake_device load DIR DEVICES SECONDS kept|new THREADS [ACKS]
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "formats/checkin/checkin.h"
#include "tests/service/attacks.h"
#include "tests/service/device.h"
#include "tests/service/load.h"

#define BOOT_STEP_NS 50000000

/* Rises from one run of this program to the next, as a device's boot count does: a run takes a step of the clock. */
static uint32_t boot_count_now(void)
{
    const struct timespec step = {.tv_nsec = BOOT_STEP_NS};
    struct timespec now;
    nanosleep(&step, NULL);
    clock_gettime(CLOCK_REALTIME, &now);
    return (uint32_t)((now.tv_sec - 1700000000) * (1000000000 / BOOT_STEP_NS) + now.tv_nsec / BOOT_STEP_NS);
}

static int join(const char *folder, uint32_t index, uint32_t epoch)
{
    struct world world;
    struct device device;
    struct client client;
    char ueid[2 * UEID_SIZE_BYTES + 1];
    world_load(&world, folder);
    device_make(&device, &world, &(struct device_wish){.index = index, .epoch = epoch, .batch = WORLD_BATCH,
                                                       .boot_count = boot_count_now()});
    SSL_CTX *context = client_context(folder, "P-256");
    if (!client_open(&client, context, client_port(folder))) {
        die("cannot connect");
    }
    struct outcome first = device_join(&device, &client);
    struct outcome second = device_checkin(&device, &client);
    ueid_print(&device.ueid, ueid);
    printf("{\"ueid\": \"%s\", \"first\": \"%s\", \"second\": \"%s\", \"certificates\": %u, \"boot_count\": %u, "
           "\"sequence\": %u}\n",
           ueid, error_name(first.error), error_name(second.error), device.certificate_count, device.boot_count,
           device.sequence);
    client_close(&client);
    SSL_CTX_free(context);
    device_wipe(&device);
    world_wipe(&world);
    return error_is_none(first.error) && error_is_none(second.error) ? 0 : 1;
}

#define EPOCH_WORD "epoch="

/* The epoch among the words; 1 if none says. */
static uint32_t epoch_of(char *const *words, int word_count)
{
    for (int index = 0; index < word_count; index++) {
        if (strncmp(words[index], EPOCH_WORD, strlen(EPOCH_WORD)) == 0) {
            return (uint32_t)strtoul(words[index] + strlen(EPOCH_WORD), NULL, 10);
        }
    }
    return 1;
}

/* A report of one record, as "proven,log,number,pc,count". */
static bool say_failures(struct device *device, const char *word)
{
    unsigned int proven = 0;
    unsigned int count = 0;
    struct failure_report report = {.count = 1};
    struct failure_record *record = &report.records[0];
    struct writer writer;
    *record = (struct failure_record){.boot_count = 1, .kind = FAULT_COMPARTMENT, .component = COMPONENT_BASE,
                                      .sequence = device->base.sequence, .digest = device->base.digest,
                                      .compartment = 1, .name = "agent", .cause = 0x82};
    if (sscanf(word, "failures=%u,%u,%u,%x,%u", &proven, &report.log, &record->number, &record->pc, &count) != 5) {
        return false;
    }
    record->count = (uint16_t)count;
    writer_init(&writer, device->failures, sizeof device->failures);
    if (!error_is_none(failure_report_encode(&report, &writer))) {
        die("%s is no report", word);
    }
    device->failures_size_bytes = writer_span(&writer).size;
    device->failures_proven = proven != 0;
    return true;
}

static void say(struct device *device, const char *word)
{
    if (strncmp(word, EPOCH_WORD, strlen(EPOCH_WORD)) == 0) {
        return;
    }
    struct update_report *report = &device->report;
    struct checkin_generations *generations = &device->generations;
    unsigned int component = 0;
    unsigned int state = 0;
    if (sscanf(word, "report=%u,%u,%u,%u,%u", &component, &report->sequence, &state, &report->code,
               &report->size_done_bytes) == 5) {
        report->component = (enum component)component;
        report->state = (enum update_state)state;
        device->has_report = true;
    } else if (sscanf(word, "generations=%u,%u,%u", &generations->release, &generations->app,
                      &generations->control) == 3) {
        device->has_generations = true;
    } else if (!say_failures(device, word)) {
        die("%s is nothing that a device says", word);
    }
}

static void digest_print(const struct sha256_digest *digest)
{
    for (size_t at = 0; at < sizeof digest->bytes; at++) {
        printf("%02x", digest->bytes[at]);
    }
}

static void print_offers(const struct device *device)
{
    for (size_t index = 0; index < device->offer_count; index++) {
        const struct checkin_offer *offer = &device->offers[index];
        printf("%s{\"component\": %d, \"sequence\": %u, \"size\": %u, \"digest\": \"", index == 0 ? "" : ", ",
               (int)offer->component, offer->sequence, offer->file_size_bytes);
        digest_print(&offer->file_digest);
        if (offer->has_patch) {
            printf("\", \"patch_size\": %u, \"patch\": \"", offer->patch.size_bytes);
            digest_print(&offer->patch.digest);
            printf("\", \"base\": \"");
            digest_print(&offer->patch.base_digest);
        }
        printf("\"}");
    }
}

/* A device whose life the test writes: which base it runs, how often it has booted, how often it has given evidence. */
static int run(const char *folder, const struct device_wish *wish, char *const *words, int word_count)
{
    struct world world;
    struct device device;
    struct client client;
    char ueid[2 * UEID_SIZE_BYTES + 1];
    world_load(&world, folder);
    device_make(&device, &world, wish);
    for (int index = 0; index < word_count; index++) {
        say(&device, words[index]);
    }
    SSL_CTX *context = client_context(folder, "P-256");
    if (!client_open(&client, context, client_port(folder))) {
        die("cannot connect");
    }
    struct outcome outcome = device_join(&device, &client);
    ueid_print(&device.ueid, ueid);
    printf("{\"ueid\": \"%s\", \"code\": \"%s\", \"offers\": [", ueid, error_name(outcome.error));
    print_offers(&device);
    printf("], \"keysets\": [");
    for (size_t index = 0; index < device.keyset_count; index++) {
        printf("%s[%d, %u]", index == 0 ? "" : ", ", (int)device.keysets[index].kind,
               device.keysets[index].generation);
    }
    printf("], \"failure_ack\": [%u, %u], \"order\": %u, \"ticket_lifetime\": %u, \"certificates\": %u}\n",
           device.failure_ack.log, device.failure_ack.number, device.order_epoch, device.ticket_lifetime_s,
           device.certificate_count);
    client_close(&client);
    SSL_CTX_free(context);
    device_wipe(&device);
    world_wipe(&world);
    return error_is_none(outcome.error) ? 0 : 1;
}

static int keyset(const char *folder, const char *kind, uint32_t generation, const char *hex)
{
    struct world world;
    struct ecdsa_p256_public_key key;
    for (size_t index = 0; index < sizeof key.bytes; index++) {
        unsigned int byte = 0;
        if (sscanf(hex + 2 * index, "%2x", &byte) != 1) {
            die("a key is 128 hexadecimal digits");
        }
        key.bytes[index] = (uint8_t)byte;
    }
    world_load(&world, folder);
    world_write_keyset(&world, folder, kind, generation, &key);
    world_wipe(&world);
    printf("{}\n");
    return 0;
}

static int claim(const char *folder)
{
    struct client client;
    struct response response;
    struct claim bundle;
    char path[128];
    SSL_CTX *context = client_context(folder, "P-256");
    if (!client_open(&client, context, client_port(folder))) {
        die("cannot connect");
    }
    snprintf(path, sizeof path, CLAIM_PATH_PREFIX "01%064d", 7);
    client_request(&client, path, NULL, SPAN_EMPTY, &response);
    bool ok = response.status == 200 &&
              error_is_none(claim_parse(span_of(response.body, response.size_bytes), &bundle));
    printf("{\"status\": %d, \"parsed\": %s}\n", response.status, ok ? "true" : "false");
    client_close(&client);
    SSL_CTX_free(context);
    return ok ? 0 : 1;
}

static uint32_t number(const char *text)
{
    return (uint32_t)strtoul(text, NULL, 10);
}

int main(int count, char **arguments)
{
    signal(SIGPIPE, SIG_IGN);
    const char *command = count > 2 ? arguments[1] : "";
    if (strcmp(command, "world") == 0) {
        world_make(arguments[2], count > 3 ? (int)number(arguments[3]) : 1);
        return 0;
    }
    if (strcmp(command, "join") == 0) {
        return join(arguments[2], count > 3 ? number(arguments[3]) : 0, count > 4 ? number(arguments[4]) : 1);
    }
    if (strcmp(command, "run") == 0 && count >= 7) {
        return run(arguments[2], &(struct device_wish){.index = number(arguments[3]), .batch = WORLD_BATCH,
                                                       .epoch = epoch_of(arguments + 7, count - 7),
                                                       .base_sequence = number(arguments[4]),
                                                       .boot_count = number(arguments[5]),
                                                       .first_sequence = number(arguments[6])},
                   arguments + 7, count - 7);
    }
    if (strcmp(command, "keyset") == 0 && count == 6 && strlen(arguments[5]) == 128) {
        return keyset(arguments[2], arguments[3], number(arguments[4]), arguments[5]);
    }
    if (strcmp(command, "claim") == 0) {
        return claim(arguments[2]);
    }
    if (strcmp(command, "attack") == 0 && count == 5) {
        return attack_run(arguments[2], arguments[3], number(arguments[4]), boot_count_now());
    }
    if (strcmp(command, "load") == 0 && count >= 7) {
        const struct load_wish wish = {
            .folder = arguments[2], .device_count = number(arguments[3]), .seconds = number(arguments[4]),
            .is_kept = strcmp(arguments[5], "kept") == 0, .thread_count = number(arguments[6]),
            .acks_path = count > 7 ? arguments[7] : NULL, .boot_count = boot_count_now()};
        return load_run(&wish);
    }
    die("usage: fake_device world|join|run|claim|attack|load ...; see tests/service/fake_device.c");
}
