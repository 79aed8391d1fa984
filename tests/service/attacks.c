#include "tests/service/attacks.h"

#include <stdio.h>
#include <string.h>

#include "tests/service/device.h"

/* What an attack works with: a device of its own index, two connections. */
struct scene {
    struct world world;
    struct device device;
    struct device_wish wish;
    SSL_CTX *context;
    struct client client;
    struct client other;
    uint8_t request[CHECKIN_REQUEST_SIZE_BYTES_MAX];
};

static struct outcome send_evidence(struct scene *scene, struct device *device, const struct evidence *evidence,
                                    struct client *client)
{
    struct response response;
    struct writer writer;
    /* The answer is to carry this evidence's nonce, however old it is. */
    memcpy(device->ticket_nonce, evidence->ticket_nonce, sizeof device->ticket_nonce);
    writer_init(&writer, scene->request, sizeof scene->request);
    device_request(device, evidence, &writer);
    client_request(client, CHECKIN_PATH, CHECKIN_CONTENT_TYPE, writer_span(&writer), &response);
    return device_take(device, writer_span(&writer), &response);
}

static void expect_joined(struct scene *scene)
{
    struct outcome outcome = device_join(&scene->device, &scene->client);
    if (!error_is_none(outcome.error)) {
        die("the honest part failed: %s", error_name(outcome.error));
    }
}

/* Accepted evidence sent once more, on the same or another connection. */
static struct outcome replay(struct scene *scene, struct client *where)
{
    struct evidence evidence;
    expect_joined(scene);
    device_evidence(&scene->device, &scene->client, &evidence);
    if (!error_is_none(send_evidence(scene, &scene->device, &evidence, &scene->client).error)) {
        die("the honest part failed");
    }
    return send_evidence(scene, &scene->device, &evidence, where);
}

static struct outcome replay_same(struct scene *scene)
{
    return replay(scene, &scene->client);
}

static struct outcome replay_other(struct scene *scene)
{
    return replay(scene, &scene->other);
}

/* T-02 challenge: evidence made ahead, while the device was in a better state, and sent after others. */
static struct outcome hoarded(struct scene *scene)
{
    struct evidence ahead;
    expect_joined(scene);
    scene->device.sequence += 100;
    device_evidence(&scene->device, &scene->client, &ahead);
    scene->device.sequence -= 100;
    expect_joined(scene);
    return send_evidence(scene, &scene->device, &ahead, &scene->client);
}

/* T-02 sequence: a copy of the device from before its last restart answers a challenge of its own. */
static struct outcome older_copy(struct scene *scene)
{
    struct device copy = scene->device;
    expect_joined(scene);
    copy.boot_count--;
    memcpy(copy.challenge, scene->device.challenge, sizeof copy.challenge);
    return device_checkin(&copy, &scene->client);
}

/* T-02 channel: a relay delivers fresh evidence over a connection of its own. */
static struct outcome relayed(struct scene *scene)
{
    struct evidence evidence;
    expect_joined(scene);
    device_evidence(&scene->device, &scene->client, &evidence);
    return send_evidence(scene, &scene->device, &evidence, &scene->other);
}

/* T-15 reference: a genuine monitor, certified by the ROM, that was never released. */
static struct outcome unknown_monitor(struct scene *scene)
{
    return device_join(&scene->device, &scene->client);
}

/* T-15: the monitor of this device was altered, and says of itself that it was not. */
static struct outcome lying_monitor(struct scene *scene)
{
    struct evidence evidence;
    device_checkin(&scene->device, &scene->client);
    device_evidence(&scene->device, &scene->client, &evidence);
    evidence.measurements[0] = world_measurement(&scene->world, COMPONENT_MONITOR);
    return send_evidence(scene, &scene->device, &evidence, &scene->client);
}

static struct outcome unknown_base(struct scene *scene)
{
    struct evidence evidence;
    device_checkin(&scene->device, &scene->client);
    device_evidence(&scene->device, &scene->client, &evidence);
    evidence.measurements[1].digest.bytes[0] ^= 1;
    return send_evidence(scene, &scene->device, &evidence, &scene->client);
}

/* T-14 voucher: a device of the same maker that another owner has; T-01 chain: one of a maker that nobody knows. */
static struct outcome just_join(struct scene *scene)
{
    return device_join(&scene->device, &scene->client);
}

/* An old attestation key of a device that was refreshed meanwhile. */
static struct outcome older_epoch(struct scene *scene)
{
    struct device_wish wish = scene->wish;
    struct device refreshed;
    wish.epoch++;
    device_make(&refreshed, &scene->world, &wish);
    if (!error_is_none(device_join(&refreshed, &scene->client).error)) {
        die("the honest part failed");
    }
    memcpy(scene->device.challenge, refreshed.challenge, sizeof refreshed.challenge);
    scene->device.boot_count += 10;
    device_wipe(&refreshed);
    struct outcome outcome = device_checkin(&scene->device, &scene->client);
    const struct device *device = &scene->device;
    /* An order to come to the new epoch is all that it may get. */
    if (error_is_none(outcome.error) && device->order_epoch > device->epoch && device->ticket_lifetime_s == 0 &&
        device->certificate_count == 0) {
        outcome.error = ERROR(EVIDENCE, EPOCH);
    }
    return outcome;
}

/* T-18: an owned edge or network signs evidence for a device with a key of its own. */
static struct outcome forged(struct scene *scene)
{
    struct evidence evidence;
    expect_joined(scene);
    device_evidence(&scene->device, &scene->client, &evidence);
    scene->device.send_certificates = true;
    struct key_pair honest = scene->device.attestation;
    scene->device.attestation = scene->device.operational;
    struct outcome outcome = send_evidence(scene, &scene->device, &evidence, &scene->client);
    scene->device.attestation = honest;
    return outcome;
}

/* T-18: a device, or its edge, speaks for another one. */
static struct outcome impostor(struct scene *scene)
{
    struct evidence evidence;
    device_checkin(&scene->device, &scene->client);
    device_evidence(&scene->device, &scene->client, &evidence);
    evidence.ueid.bytes[5] ^= 1;
    scene->device.send_certificates = true;
    return send_evidence(scene, &scene->device, &evidence, &scene->client);
}

static struct outcome says_it_is_altered(struct scene *scene)
{
    struct evidence evidence;
    device_checkin(&scene->device, &scene->client);
    device_evidence(&scene->device, &scene->client, &evidence);
    evidence.rehash_ok = false;
    return send_evidence(scene, &scene->device, &evidence, &scene->client);
}

struct attack {
    const char *name;
    struct outcome (*run)(struct scene *scene);
    bool by_stranger;
    bool altered_monitor;
    const char *batch;
};

static const struct attack attacks[] = {
    {"replay-same", replay_same, false, false, WORLD_BATCH},
    {"replay-other", replay_other, false, false, WORLD_BATCH},
    {"hoarded", hoarded, false, false, WORLD_BATCH},
    {"older-copy", older_copy, false, false, WORLD_BATCH},
    {"relayed", relayed, false, false, WORLD_BATCH},
    {"unknown-monitor", unknown_monitor, false, true, WORLD_BATCH},
    {"lying-monitor", lying_monitor, false, true, WORLD_BATCH},
    {"unknown-base", unknown_base, false, false, WORLD_BATCH},
    {"unowned", just_join, false, false, WORLD_OTHER_BATCH},
    {"stranger", just_join, true, false, WORLD_BATCH},
    {"older-epoch", older_epoch, false, false, WORLD_BATCH},
    {"forged", forged, false, false, WORLD_BATCH},
    {"impostor", impostor, false, false, WORLD_BATCH},
    {"altered", says_it_is_altered, false, false, WORLD_BATCH},
};

static void scene_run(struct scene *scene, const struct attack *attack)
{
    char ueid[2 * UEID_SIZE_BYTES + 1];
    struct outcome outcome = attack->run(scene);
    ueid_print(&scene->device.ueid, ueid);
    printf("{\"attack\": \"%s\", \"ueid\": \"%s\", \"status\": %d, \"outcome\": \"%s\"}\n", attack->name, ueid,
           outcome.status, error_name(outcome.error));
}

int attack_run(const char *name, const char *folder, uint32_t index, uint32_t boot_count)
{
    static struct scene scene;
    for (size_t at = 0; at < sizeof attacks / sizeof attacks[0]; at++) {
        const struct attack *attack = &attacks[at];
        if (strcmp(attack->name, name) != 0) {
            continue;
        }
        world_load(&scene.world, folder);
        scene.wish = (struct device_wish){.index = index, .epoch = 1, .batch = attack->batch,
                                          .by_stranger = attack->by_stranger,
                                          .altered_monitor = attack->altered_monitor, .boot_count = boot_count};
        device_make(&scene.device, &scene.world, &scene.wish);
        scene.context = client_context(folder, "P-256");
        if (!client_open(&scene.client, scene.context, client_port(folder)) ||
            !client_open(&scene.other, scene.context, client_port(folder))) {
            die("cannot connect");
        }
        scene_run(&scene, attack);
        client_close(&scene.client);
        client_close(&scene.other);
        SSL_CTX_free(scene.context);
        device_wipe(&scene.device);
        world_wipe(&scene.world);
        return 0;
    }
    die("there is no attack '%s'", name);
}
