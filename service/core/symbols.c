#include "service/core/symbols.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "service/core/worker.h"
#include "service/process/process.h"

#define PROGRAM "sopris-symbol"
#define NAME_SIZE_BYTES (2 * SHA256_DIGEST_SIZE_BYTES + 1)
#define OUTPUT_SIZE_BYTES 512

struct symbols {
    const char *folder;
    struct store *store;
    char program[PATH_MAX]; /* empty: nothing can be looked up */
    /* The look-up under way; number 0: none. */
    uint64_t number;
    pid_t pid;
    struct event *readable;
    uint64_t start_s;
    char output[OUTPUT_SIZE_BYTES];
    size_t output_size_bytes;
};

struct symbols *symbols_open(const char *symbols_dir, struct store *store)
{
    struct symbols *symbols = calloc(1, sizeof *symbols);
    if (symbols != NULL) {
        symbols->folder = symbols_dir;
        symbols->store = store;
        worker_find(PROGRAM, symbols->program);
    }
    return symbols;
}

static void release(struct symbols *symbols)
{
    int fd = event_get_fd(symbols->readable);
    event_free(symbols->readable);
    close(fd);
    worker_end(symbols->pid);
    symbols->number = 0;
}

void symbols_close(struct symbols *symbols)
{
    if (symbols != NULL && symbols->number != 0) {
        release(symbols);
    }
    free(symbols);
}

/* One line of a process that is not trusted: printable ASCII, cut to what has room. Returns what follows the line. */
static const char *take_line(const char *text, char *out, size_t capacity)
{
    size_t size = strcspn(text, "\n");
    size_t kept = 0;
    for (size_t index = 0; index < size && kept + 1 < capacity; index++) {
        out[kept++] = text[index] >= ' ' && text[index] <= '~' ? text[index] : '?';
    }
    out[kept] = '\0';
    return text[size] == '\n' ? text + size + 1 : text + size;
}

static struct error save(struct symbols *symbols, uint64_t number, const char *symbol, const char *place)
{
    TRY(store_begin(symbols->store));
    struct error error = store_failure_set_symbol(symbols->store, number, symbol, place);
    if (error_is_none(error)) {
        error = store_commit(symbols->store);
    }
    if (!error_is_none(error)) {
        store_rollback(symbols->store);
    }
    return error;
}

/* Also for a process that died or said nothing: it would do so again. */
static void finish(struct symbols *symbols)
{
    char symbol[FAILURE_SYMBOL_SIZE_BYTES_MAX + 1];
    char place[FAILURE_PLACE_SIZE_BYTES_MAX + 1];
    uint64_t number = symbols->number;
    release(symbols);
    symbols->output[symbols->output_size_bytes] = '\0';
    const char *rest = take_line(symbols->output, symbol, sizeof symbol);
    (void)take_line(rest, place, sizeof place);
    struct error error = save(symbols, number, symbol, place);
    if (!error_is_none(error)) {
        process_log("a place in the source could not be stored: %s", store_message(symbols->store));
    }
}

static void on_readable(evutil_socket_t fd, short what, void *context)
{
    struct symbols *symbols = context;
    size_t room_bytes = sizeof symbols->output - 1 - symbols->output_size_bytes;
    ssize_t size = read(fd, symbols->output + symbols->output_size_bytes, room_bytes);
    (void)what;
    if (size > 0) {
        symbols->output_size_bytes += (size_t)size;
    } else if (size == 0 || errno != EAGAIN) {
        finish(symbols);
    }
}

struct programs {
    size_t count;
    char names[FAILURE_ELF_COUNT_MAX][NAME_SIZE_BYTES];
};

static void visit_elf(void *context, const struct sha256_digest *elf)
{
    struct programs *programs = context;
    char *name = programs->names[programs->count++];
    for (size_t index = 0; index < sizeof elf->bytes; index++) {
        snprintf(name + 2 * index, 3, "%02x", elf->bytes[index]);
    }
}

/* STORE_NOT_FOUND: there is nothing to look up. */
static struct error find_work(struct symbols *symbols, struct failure_group *group, struct programs *programs)
{
    TRY(store_begin(symbols->store));
    struct error error = store_failure_next_symbol(symbols->store, group);
    if (error_is_none(error)) {
        error = store_elf_list(symbols->store, &group->digest, FAILURE_ELF_COUNT_MAX, visit_elf, programs);
    }
    store_rollback(symbols->store);
    return error;
}

static void start(struct symbols *symbols, struct event_base *base)
{
    struct failure_group group;
    struct programs programs = {0};
    char address[9];
    char *arguments[3 + FAILURE_ELF_COUNT_MAX + 1] = {symbols->program, (char *)symbols->folder, address};
    if (!error_is_none(find_work(symbols, &group, &programs))) {
        return;
    }
    snprintf(address, sizeof address, "%08x", (unsigned int)group.pc);
    for (size_t index = 0; index < programs.count; index++) {
        arguments[3 + index] = programs.names[index];
    }
    int fd = worker_spawn(symbols->program, arguments, &symbols->pid);
    if (fd < 0) {
        return;
    }
    symbols->number = group.number;
    symbols->start_s = process_time_s();
    symbols->output_size_bytes = 0;
    symbols->readable = event_new(base, fd, EV_READ | EV_PERSIST, on_readable, symbols);
    if (symbols->readable == NULL || event_add(symbols->readable, NULL) != 0) {
        process_fail("out of memory");
    }
}

void symbols_step(struct symbols *symbols, struct event_base *base)
{
    if (symbols->number != 0 && process_time_s() - symbols->start_s > SYMBOLS_TIMEOUT_S) {
        symbols->output_size_bytes = 0;
        finish(symbols);
    }
    if (symbols->number == 0 && symbols->program[0] != '\0') {
        start(symbols, base);
    }
}
