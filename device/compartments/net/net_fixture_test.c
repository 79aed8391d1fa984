/* An lwIP that only remembers, and what a test asks of net. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <lwip/tcp.h>

#include <string.h>

#include "base/reader.h"
#include "device/compartments/net/net_fixture_test.h"
#include "device/runtime/runtime.h"

#define PCB_COUNT_MAX 12

/* The tables of base and app. */
static const struct system_endpoint declared[] = {
    {AGENT, SYSTEM_ENDPOINT_PLAIN, PORT, ADDRESS},
    {HUB, SYSTEM_ENDPOINT_TLS, PORT, ADDRESS},
    {APP, SYSTEM_ENDPOINT_LISTEN, SERVED_PORT, 0},
};
uint32_t refused_count;

struct error runtime_endpoint(uint32_t index, struct system_endpoint *endpoint)
{
    if (index >= sizeof(declared) / sizeof(declared[0])) {
        return ERROR(KERNEL, ARGUMENT);
    }
    *endpoint = declared[index];
    return ERROR_NONE;
}

void runtime_refused(uint32_t caller, uint32_t address, uint16_t port)
{
    (void)caller;
    (void)address;
    (void)port;
    refused_count++;
}

static struct tcp_pcb pcbs[PCB_COUNT_MAX];
static bool pcb_used[PCB_COUNT_MAX];
uint32_t written_count;

struct net_fixture_reply last;

struct error runtime_reply(uint32_t caller, struct span reply)
{
    assert_in_range(reply.size, sizeof(uint32_t), sizeof(last.bytes));
    last.count++;
    last.caller = caller;
    memcpy(last.bytes, reply.data, reply.size);
    last.size_bytes = reply.size;
    return ERROR_NONE;
}

uint32_t now_ms = 1000;

uint32_t runtime_time_ms(void)
{
    return now_ms;
}

u32_t lwip_htonl(u32_t number)
{
    return __builtin_bswap32(number);
}

struct tcp_pcb *tcp_new(void)
{
    for (size_t index = 0; index < PCB_COUNT_MAX; index++) {
        if (!pcb_used[index]) {
            pcb_used[index] = true;
            memset(&pcbs[index], 0, sizeof(pcbs[index]));
            pcbs[index].snd_buf = TCP_SND_BUF;
            return &pcbs[index];
        }
    }
    return NULL;
}

void tcp_arg(struct tcp_pcb *pcb, void *argument)
{
    pcb->callback_arg = argument;
}

void tcp_recv(struct tcp_pcb *pcb, tcp_recv_fn function)
{
    pcb->recv = function;
}

void tcp_err(struct tcp_pcb *pcb, tcp_err_fn function)
{
    pcb->errf = function;
}

err_t tcp_connect(struct tcp_pcb *pcb, const ip_addr_t *address, u16_t port, tcp_connected_fn connected)
{
    assert_int_equal(address->addr, __builtin_bswap32(ADDRESS));
    assert_int_equal(port, PORT);
    pcb->connected = connected;
    return ERR_OK;
}

err_t tcp_write(struct tcp_pcb *pcb, const void *data, u16_t size, u8_t flags)
{
    (void)pcb;
    (void)data;
    (void)size;
    (void)flags;
    written_count++;
    return ERR_OK;
}

err_t tcp_output(struct tcp_pcb *pcb)
{
    (void)pcb;
    return ERR_OK;
}

void tcp_recved(struct tcp_pcb *pcb, u16_t size)
{
    (void)pcb;
    (void)size;
}

err_t tcp_bind(struct tcp_pcb *pcb, const ip_addr_t *address, u16_t port)
{
    (void)address;
    pcb->local_port = port;
    return ERR_OK;
}

static struct tcp_pcb *listening;
static tcp_accept_fn accepted;

struct tcp_pcb *tcp_listen_with_backlog(struct tcp_pcb *pcb, u8_t backlog)
{
    assert_in_range(backlog, 1, 8);
    listening = pcb;
    return pcb;
}

void tcp_accept(struct tcp_pcb *pcb, tcp_accept_fn function)
{
    assert_ptr_equal(pcb, listening);
    accepted = function;
}

const ip_addr_t ip_addr_any = IPADDR4_INIT(0);

void tcp_setprio(struct tcp_pcb *pcb, u8_t priority)
{
    pcb->prio = priority;
}

err_t tcp_close(struct tcp_pcb *pcb)
{
    pcb_used[pcb - pcbs] = false;
    return ERR_OK;
}

void tcp_abort(struct tcp_pcb *pcb)
{
    pcb_used[pcb - pcbs] = false;
}

u8_t pbuf_free(struct pbuf *buffer)
{
    (void)buffer;
    return 1;
}

uint32_t reply_word(size_t place)
{
    struct reader reader;

    reader_init(&reader, span_of(last.bytes, last.size_bytes));
    (void)reader_take(&reader, 4 * place);
    uint32_t word = reader_u32(&reader);
    assert_true(reader_ok(&reader));
    return word;
}

/* Serves a request that is answered at once; gives the error code. */
uint32_t serve(uint32_t caller, const struct net_request *request)
{
    uint32_t count = last.count;

    net_connection_serve(caller, request);
    assert_int_equal(last.count, count + 1);
    assert_int_equal(last.caller, caller);
    return reply_word(0);
}

uint32_t use(uint32_t caller, enum net_operation operation, uint32_t handle)
{
    /* The start of a TLS record: what may be sent on any connection. */
    struct net_request request = {
        .operation = operation, .handle = handle, .timeout_ms = 100, .size_bytes = 10, .data = span_of("\x16", 1)};

    return serve(caller, &request);
}

/* Connects; the peer answers at once. Gives the handle. */
uint32_t connect_as(uint32_t caller)
{
    struct net_request request = {
        .operation = NET_OPERATION_CONNECT, .address = ADDRESS, .port = PORT, .timeout_ms = 100};
    uint32_t count = last.count;

    net_connection_serve(caller, &request);
    assert_int_equal(last.count, count);
    for (size_t index = 0; index < PCB_COUNT_MAX; index++) {
        struct tcp_pcb *pcb = &pcbs[index];
        if (pcb_used[index] && pcb->connected != NULL) {
            tcp_connected_fn connected = pcb->connected;
            pcb->connected = NULL;
            assert_int_equal(connected(pcb->callback_arg, pcb, ERR_OK), ERR_OK);
        }
    }
    assert_int_equal(last.count, count + 1);
    assert_int_equal(last.caller, caller);
    assert_int_equal(reply_word(0), ERROR_CODE_NONE);
    return reply_word(1);
}

size_t used_count(void)
{
    size_t count = 0;

    for (size_t index = 0; index < PCB_COUNT_MAX; index++) {
        count += pcb_used[index] ? 1 : 0;
    }
    return count;
}

uint32_t send_as(uint32_t caller, uint32_t handle, const char *bytes, size_t size)
{
    struct net_request request = {
        .operation = NET_OPERATION_SEND, .handle = handle, .timeout_ms = 100, .data = span_of(bytes, size)};

    return serve(caller, &request);
}

uint32_t listen_as(uint32_t caller, uint16_t port)
{
    struct net_request request = {.operation = NET_OPERATION_LISTEN, .port = port};

    return serve(caller, &request);
}

/* A client that connects to the served port; NULL if it was turned away. */
struct tcp_pcb *arrive(void)
{
    struct tcp_pcb *pcb = tcp_new();

    assert_non_null(pcb);
    return accepted(listening->callback_arg, pcb, ERR_OK) == ERR_OK ? pcb : NULL;
}

void say(struct tcp_pcb *pcb, const char *text)
{
    struct pbuf data = {.payload = (void *)(uintptr_t)text, .len = (u16_t)strlen(text),
                        .tot_len = (u16_t)strlen(text)};

    assert_int_equal(pcb->recv(pcb->callback_arg, pcb, &data, ERR_OK), ERR_OK);
}

/* The answer to NEXT, which must come at once: handle, bytes. */
uint32_t hear(uint32_t caller, const char *text)
{
    struct net_request request = {
        .operation = NET_OPERATION_NEXT, .port = SERVED_PORT, .timeout_ms = 100, .size_bytes = 10};

    assert_int_equal(serve(caller, &request), ERROR_CODE_NONE);
    assert_int_equal(last.size_bytes, 8 + strlen(text));
    assert_memory_equal(last.bytes + 8, text, strlen(text));
    return reply_word(1);
}

