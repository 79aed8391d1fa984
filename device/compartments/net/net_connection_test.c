/* Whose connection is whose, with an lwIP of this file that only remembers (T-08): one compartment's handles mean nothing
 * in another's hands, and none takes more than its share. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <lwip/tcp.h>

#include <string.h>

#include "base/reader.h"
#include "device/compartments/net/net_allow.h"
#include "device/compartments/net/net_connection.h"
#include "device/runtime/runtime.h"

#define AGENT 1
#define HUB 2
#define ADDRESS 0x0A000264
#define PORT 8443
#define PCB_COUNT_MAX 8

const struct net_allow_entry net_allow_table[] = {
    {AGENT, ADDRESS, PORT},
    {HUB, ADDRESS, PORT},
};
const size_t net_allow_count = 2;

static struct tcp_pcb pcbs[PCB_COUNT_MAX];
static bool pcb_used[PCB_COUNT_MAX];
static uint32_t written_count;

/* The reply that was sent last. */
static struct {
    uint32_t count;
    uint32_t caller;
    uint8_t bytes[NET_PROTOCOL_REPLY_HEAD_SIZE_BYTES + NET_PROTOCOL_DATA_SIZE_BYTES_MAX];
    size_t size_bytes;
} last;

struct error runtime_reply(uint32_t caller, struct span reply)
{
    assert_in_range(reply.size, NET_PROTOCOL_REPLY_HEAD_SIZE_BYTES, sizeof(last.bytes));
    last.count++;
    last.caller = caller;
    memcpy(last.bytes, reply.data, reply.size);
    last.size_bytes = reply.size;
    return ERROR_NONE;
}

uint32_t runtime_time_ms(void)
{
    return 1000;
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

static uint32_t reply_word(size_t place)
{
    struct reader reader;

    reader_init(&reader, span_of(last.bytes, last.size_bytes));
    (void)reader_take(&reader, 4 * place);
    uint32_t word = reader_u32(&reader);
    assert_true(reader_ok(&reader));
    return word;
}

/* Serves a request that is answered at once; gives the error code. */
static uint32_t serve(uint32_t caller, const struct net_request *request)
{
    uint32_t count = last.count;

    net_connection_serve(caller, request);
    assert_int_equal(last.count, count + 1);
    assert_int_equal(last.caller, caller);
    return reply_word(0);
}

static uint32_t use(uint32_t caller, enum net_operation operation, uint32_t handle)
{
    struct net_request request = {
        .operation = operation, .handle = handle, .timeout_ms = 100, .size_bytes = 10, .data = span_of("x", 1)};

    return serve(caller, &request);
}

/* Connects; the peer answers at once. Gives the handle. */
static uint32_t connect_as(uint32_t caller)
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

static size_t used_count(void)
{
    size_t count = 0;

    for (size_t index = 0; index < PCB_COUNT_MAX; index++) {
        count += pcb_used[index] ? 1 : 0;
    }
    return count;
}

/* T-08: a handle is a number that can be guessed, so it must not be enough. */
static void anothers_handle_is_nobodys(void **state)
{
    static const enum net_operation operations[] = {NET_OPERATION_SEND, NET_OPERATION_RECEIVE, NET_OPERATION_CLOSE};

    (void)state;
    uint32_t handle = connect_as(AGENT);
    written_count = 0;
    for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]); i++) {
        assert_int_equal(use(HUB, operations[i], handle), ERROR_CODE_NET_HANDLE);
    }
    assert_int_equal(written_count, 0);
    assert_int_equal(used_count(), 1);
    assert_int_equal(use(AGENT, NET_OPERATION_SEND, handle), ERROR_CODE_NONE);
    assert_int_equal(written_count, 1);
    assert_int_equal(use(AGENT, NET_OPERATION_CLOSE, handle), ERROR_CODE_NONE);
    assert_int_equal(used_count(), 0);
}

static void a_handle_of_a_closed_connection_means_no_later_one(void **state)
{
    (void)state;
    uint32_t old = connect_as(AGENT);
    assert_int_equal(use(AGENT, NET_OPERATION_CLOSE, old), ERROR_CODE_NONE);
    assert_int_equal(use(AGENT, NET_OPERATION_SEND, old), ERROR_CODE_NET_HANDLE);
    uint32_t handle = connect_as(AGENT);
    assert_int_not_equal(handle, old);
    assert_int_equal(use(AGENT, NET_OPERATION_SEND, old), ERROR_CODE_NET_HANDLE);
    assert_int_equal(use(AGENT, NET_OPERATION_SEND, handle | 0xFF), ERROR_CODE_NET_HANDLE);
    assert_int_equal(use(AGENT, NET_OPERATION_CLOSE, handle), ERROR_CODE_NONE);
}

/* T-08: one compartment that opens and never closes leaves the others their connection. */
static void nobody_takes_more_than_its_share(void **state)
{
    uint32_t handles[5];

    (void)state;
    for (size_t i = 0; i < 5; i++) {
        handles[i] = connect_as(HUB);
        assert_in_range(used_count(), 1, NET_CONNECTION_COUNT_PER_CALLER_MAX);
    }
    uint32_t agents = connect_as(AGENT);
    for (size_t i = 0; i < 5; i++) {
        bool kept = i >= 5 - NET_CONNECTION_COUNT_PER_CALLER_MAX;
        assert_int_equal(use(HUB, NET_OPERATION_SEND, handles[i]), kept ? ERROR_CODE_NONE : ERROR_CODE_NET_HANDLE);
    }
    /* The next one costs the hub its own oldest, not the agent's, which is older by then than any of the hub's. */
    for (size_t i = 0; i < 3; i++) {
        handles[i] = connect_as(HUB);
    }
    assert_int_equal(use(AGENT, NET_OPERATION_SEND, agents), ERROR_CODE_NONE);
    assert_int_equal(use(AGENT, NET_OPERATION_CLOSE, agents), ERROR_CODE_NONE);
    assert_int_equal(use(HUB, NET_OPERATION_CLOSE, handles[1]), ERROR_CODE_NONE);
    assert_int_equal(use(HUB, NET_OPERATION_CLOSE, handles[2]), ERROR_CODE_NONE);
    assert_int_equal(used_count(), 0);
}

/* T-08 */
static void undeclared_hosts_are_never_connected(void **state)
{
    struct net_request request = {
        .operation = NET_OPERATION_CONNECT, .address = ADDRESS + 1, .port = PORT, .timeout_ms = 100};

    (void)state;
    assert_int_equal(serve(AGENT, &request), ERROR_CODE_NET_NOT_DECLARED);
    request.address = ADDRESS;
    assert_int_equal(serve(3, &request), ERROR_CODE_NET_NOT_DECLARED);
    assert_int_equal(used_count(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(anothers_handle_is_nobodys),
        cmocka_unit_test(a_handle_of_a_closed_connection_means_no_later_one),
        cmocka_unit_test(nobody_takes_more_than_its_share),
        cmocka_unit_test(undeclared_hosts_are_never_connected),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
