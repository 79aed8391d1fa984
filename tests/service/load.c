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
/* Devices of one thread that wait for their answers at once: their requests reach the service together. */
#define WINDOW_COUNT_MAX 32

struct member {
    struct device device;
    struct client client;
    struct writer request;
    uint8_t request_storage[CHECKIN_REQUEST_SIZE_BYTES_MAX];
};

struct worker {
    pthread_t thread;
    const struct load_wish *wish;
    struct world world;
    SSL_CTX *context;
    FILE *acks;
    pthread_barrier_t *joined;
    uint32_t index;
    uint16_t port;
    struct member *members;
    uint32_t member_count;
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

static void send_one(struct worker *worker, struct member *member)
{
    writer_init(&member->request, member->request_storage, sizeof member->request_storage);
    if (member->client.tls == NULL && !client_open(&member->client, worker->context, worker->port)) {
        /* The service may have been started again, on another port. */
        worker->port = client_port(worker->wish->folder);
        worker->lost_count++;
        usleep(RETRY_PAUSE_US);
        return;
    }
    device_send(&member->device, &member->client, &member->request);
}

static void receive_one(struct worker *worker, struct member *member)
{
    struct response response;
    if (member->client.tls == NULL) {
        return;
    }
    client_receive(&member->client, &response);
    struct outcome outcome = device_take(&member->device, writer_span(&member->request), &response);
    count_outcome(worker, &member->device, &outcome);
    if (outcome.status == 0 || !worker->wish->is_kept) {
        client_close(&member->client);
    }
    if (outcome.status == 0 || outcome.status == 503) {
        usleep(RETRY_PAUSE_US);
    }
}

/* One check-in of each device of a window, over its kept connection or a new one. */
static void step(struct worker *worker, uint32_t begin)
{
    uint32_t end = begin + WINDOW_COUNT_MAX < worker->member_count ? begin + WINDOW_COUNT_MAX : worker->member_count;
    for (uint32_t index = begin; index < end; index++) {
        send_one(worker, &worker->members[index]);
    }
    for (uint32_t index = begin; index < end; index++) {
        receive_one(worker, &worker->members[index]);
    }
}

static void round_of_all(struct worker *worker, uint64_t end_ms)
{
    for (uint32_t begin = 0; begin < worker->member_count && now_ms() < end_ms; begin += WINDOW_COUNT_MAX) {
        step(worker, begin);
    }
}

static void *worker_run(void *context)
{
    struct worker *worker = context;
    const struct load_wish *wish = worker->wish;
    worker->member_count = (wish->device_count + wish->thread_count - 1 - worker->index) / wish->thread_count;
    worker->members = calloc(worker->member_count, sizeof *worker->members);
    /* A world of its own, since contexts of keys serve one thread. */
    world_load(&worker->world, wish->folder);
    for (uint32_t index = 0; index < worker->member_count; index++) {
        device_make(&worker->members[index].device, &worker->world,
                    &(struct device_wish){.index = 1000 + index * wish->thread_count + worker->index, .epoch = 1,
                                          .batch = WORLD_BATCH, .boot_count = wish->boot_count});
    }
    /* Everybody joins first, so that the time that is measured is one of ordinary check-ins. */
    round_of_all(worker, UINT64_MAX);
    round_of_all(worker, UINT64_MAX);
    worker->accepted_count = 0;
    pthread_barrier_wait(worker->joined);
    pthread_barrier_wait(worker->joined);
    uint64_t end_ms = now_ms() + (uint64_t)wish->seconds * 1000;
    while (now_ms() < end_ms) {
        round_of_all(worker, end_ms);
    }
    for (uint32_t index = 0; index < worker->member_count; index++) {
        client_close(&worker->members[index].client);
        device_wipe(&worker->members[index].device);
    }
    free(worker->members);
    world_wipe(&worker->world);
    return NULL;
}

static void add_to(struct worker *total, const struct worker *worker)
{
    total->accepted_count += worker->accepted_count;
    total->busy_count += worker->busy_count;
    total->lost_count += worker->lost_count;
    total->refused_count += worker->refused_count;
    total->last_refusal = error_is_none(worker->last_refusal) ? total->last_refusal : worker->last_refusal;
}

int load_run(const struct load_wish *wish)
{
    static struct worker workers[THREAD_COUNT_MAX];
    struct worker total = {.last_refusal = ERROR_NONE};
    pthread_barrier_t joined;
    if (wish->thread_count < 1 || wish->thread_count > THREAD_COUNT_MAX || wish->device_count < wish->thread_count) {
        die("threads are from 1 to %d, and no more than devices", THREAD_COUNT_MAX);
    }
    FILE *acks = wish->acks_path == NULL ? NULL : fopen(wish->acks_path, "we");
    if (acks != NULL) {
        setvbuf(acks, NULL, _IOLBF, 0);
    }
    SSL_CTX *context = client_context(wish->folder, "P-256");
    pthread_barrier_init(&joined, NULL, wish->thread_count + 1);
    for (uint32_t index = 0; index < wish->thread_count; index++) {
        workers[index] = (struct worker){.wish = wish, .context = context, .acks = acks, .joined = &joined,
                                         .index = index, .port = client_port(wish->folder),
                                         .last_refusal = ERROR_NONE};
        if (pthread_create(&workers[index].thread, NULL, worker_run, &workers[index]) != 0) {
            die("cannot start a thread");
        }
    }
    /* Who measures reads this line, and takes the time from here. */
    pthread_barrier_wait(&joined);
    printf("{\"joined\": %u}\n", wish->device_count);
    fflush(stdout);
    pthread_barrier_wait(&joined);
    uint64_t begin_ms = now_ms();
    for (uint32_t index = 0; index < wish->thread_count; index++) {
        pthread_join(workers[index].thread, NULL);
        add_to(&total, &workers[index]);
    }
    printf("{\"accepted\": %llu, \"busy\": %llu, \"lost\": %llu, \"refused\": %llu, \"last_refusal\": \"%s\", "
           "\"seconds\": %.3f}\n",
           (unsigned long long)total.accepted_count, (unsigned long long)total.busy_count,
           (unsigned long long)total.lost_count, (unsigned long long)total.refused_count,
           error_name(total.last_refusal), (double)(now_ms() - begin_ms) / 1000);
    if (acks != NULL) {
        fclose(acks);
    }
    pthread_barrier_destroy(&joined);
    SSL_CTX_free(context);
    return total.refused_count == 0 ? 0 : 1;
}
