#include "tests/service/load.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tests/service/device.h"

#define THREAD_COUNT_MAX 64
#define RETRY_PAUSE_US 20000

struct worker {
    pthread_t thread;
    const struct load_wish *wish;
    const struct world *world;
    SSL_CTX *context;
    FILE *acks;
    uint32_t index;
    uint64_t end_ms;
    uint64_t accepted_count, busy_count, lost_count, refused_count;
    struct error last_refusal;
};

static uint64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void count_outcome(struct worker *worker, struct device *device, const struct outcome *outcome)
{
    char ueid[2 * UEID_SIZE_BYTES + 1];
    if (outcome->status == 0) {
        worker->lost_count++;
    } else if (outcome->status == 503) {
        worker->busy_count++;
    } else if (error_is_none(outcome->error)) {
        worker->accepted_count++;
        if (worker->acks != NULL) {
            ueid_print(&device->ueid, ueid);
            fprintf(worker->acks, "%s %u %u\n", ueid, device->boot_count, device->sequence);
        }
    } else if (!error_is(outcome->error, ERROR_CODE_EVIDENCE_CHALLENGE) &&
               !error_is(outcome->error, ERROR_CODE_IDENTITY_CHAIN_NEEDED)) {
        /* A challenge that is not the latest is how a device learns that it missed an answer. */
        worker->refused_count++;
        worker->last_refusal = outcome->error;
    }
}

/* One check-in of one device, over its kept connection or a new one. */
static void step(struct worker *worker, struct device *device, struct client *client)
{
    if (client->tls == NULL && !client_open(client, worker->context, client_port(worker->wish->folder))) {
        worker->lost_count++;
        usleep(RETRY_PAUSE_US);
        return;
    }
    struct outcome outcome = device_checkin(device, client);
    count_outcome(worker, device, &outcome);
    if (outcome.status == 0 || !worker->wish->is_kept) {
        client_close(client);
    }
    if (outcome.status == 0 || outcome.status == 503) {
        usleep(RETRY_PAUSE_US);
    }
}

static void *worker_run(void *context)
{
    struct worker *worker = context;
    const struct load_wish *wish = worker->wish;
    uint32_t count = (wish->device_count + wish->thread_count - 1 - worker->index) / wish->thread_count;
    struct device *devices = calloc(count, sizeof *devices);
    struct client *clients = calloc(count, sizeof *clients);
    for (uint32_t index = 0; index < count; index++) {
        device_make(&devices[index], worker->world,
                    &(struct device_wish){.index = 1000 + index * wish->thread_count + worker->index, .epoch = 1,
                                          .batch = WORLD_BATCH, .boot_count = wish->boot_count});
    }
    /* Everybody joins first, so that the time that is measured is one of ordinary check-ins. */
    for (uint32_t index = 0; index < count; index++) {
        step(worker, &devices[index], &clients[index]);
        step(worker, &devices[index], &clients[index]);
    }
    worker->accepted_count = 0;
    worker->end_ms = now_ms() + (uint64_t)wish->seconds * 1000;
    for (uint32_t index = 0; now_ms() < worker->end_ms; index = (index + 1) % count) {
        step(worker, &devices[index], &clients[index]);
    }
    for (uint32_t index = 0; index < count; index++) {
        client_close(&clients[index]);
        device_wipe(&devices[index]);
    }
    free(devices);
    free(clients);
    return NULL;
}

int load_run(const struct load_wish *wish)
{
    static struct worker workers[THREAD_COUNT_MAX];
    struct world world;
    struct worker total = {.last_refusal = ERROR_NONE};
    if (wish->thread_count < 1 || wish->thread_count > THREAD_COUNT_MAX || wish->device_count < wish->thread_count) {
        die("threads are from 1 to %d, and no more than devices", THREAD_COUNT_MAX);
    }
    world_load(&world, wish->folder);
    FILE *acks = wish->acks_path == NULL ? NULL : fopen(wish->acks_path, "we");
    if (acks != NULL) {
        setvbuf(acks, NULL, _IOLBF, 0);
    }
    SSL_CTX *context = client_context(wish->folder, "P-256");
    for (uint32_t index = 0; index < wish->thread_count; index++) {
        workers[index] = (struct worker){.wish = wish, .world = &world, .context = context, .acks = acks,
                                         .index = index, .last_refusal = ERROR_NONE};
        if (pthread_create(&workers[index].thread, NULL, worker_run, &workers[index]) != 0) {
            die("cannot start a thread");
        }
    }
    for (uint32_t index = 0; index < wish->thread_count; index++) {
        pthread_join(workers[index].thread, NULL);
        total.accepted_count += workers[index].accepted_count;
        total.busy_count += workers[index].busy_count;
        total.lost_count += workers[index].lost_count;
        total.refused_count += workers[index].refused_count;
        total.last_refusal =
            error_is_none(workers[index].last_refusal) ? total.last_refusal : workers[index].last_refusal;
    }
    printf("{\"accepted\": %llu, \"busy\": %llu, \"lost\": %llu, \"refused\": %llu, \"last_refusal\": \"%s\"}\n",
           (unsigned long long)total.accepted_count, (unsigned long long)total.busy_count,
           (unsigned long long)total.lost_count, (unsigned long long)total.refused_count,
           error_name(total.last_refusal));
    if (acks != NULL) {
        fclose(acks);
    }
    SSL_CTX_free(context);
    world_wipe(&world);
    return total.refused_count == 0 ? 0 : 1;
}
