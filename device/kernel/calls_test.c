/* Messages between compartments and their calls of the monitor, as hostile ones make them (T-08). The compartments' memory
 * and the mailbox stand at their addresses of the board, so that the kernel's own checks work on them. */
#include "device/kernel/compartment.h"
#include "device/kernel/ipc.h"
#include "device/kernel/monitor_queue.h"
#include "device/kernel/processor.h"
#include "device/kernel/schedule.h"

#include "base/ensure.h"
#include "device/abi/memory_map.h"
#include "device/abi/monitor_call.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#define RAM_SIZE_BYTES 0x1000
#define COUNT 4
#define EVERYBODY 0xFu

/* A compartment's own memory. */
struct memory {
    struct kernel_message message;
    struct kernel_receive receive;
    uint8_t data[64];
    uint8_t reply[64];
};

static uint32_t frames[COUNT][8];

void schedule_request(void)
{
}

void processor_thread_init(struct thread *thread, const struct system_compartment *entry)
{
    (void)thread;
    (void)entry;
}

uint32_t processor_elapsed_cycles(void)
{
    return 0;
}

uint32_t processor_stack_pointer(uint32_t thread)
{
    (void)thread;
    return 0;
}

void processor_interrupt_enable(uint32_t interrupt, bool enabled)
{
    (void)interrupt;
    (void)enabled;
}

void ensure_failed(const char *file, uint32_t line)
{
    (void)file;
    (void)line;
    abort();
}

static uint32_t address_of(const void *memory)
{
    return (uint32_t)(uintptr_t)memory;
}

static struct memory *memory_of(uint32_t number)
{
    return (struct memory *)(uintptr_t)(MEMORY_BASE_RAM_BASE + number * RAM_SIZE_BYTES);
}

static const struct monitor_mailbox *mailbox(void)
{
    return (const struct monitor_mailbox *)(uintptr_t)MEMORY_MAILBOX_BASE;
}

static uint32_t result_of(uint32_t number)
{
    return frames[number][0];
}

static int map_memory(void **state)
{
    (void)state;
    size_t size_bytes = MEMORY_MAILBOX_SIZE + COUNT * RAM_SIZE_BYTES;
    void *wanted = (void *)(uintptr_t)MEMORY_MAILBOX_BASE;
    void *got = mmap(wanted, size_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    return got == wanted ? 0 : -1;
}

/* Records and calls of the test before are taken out of the queue. */
static void drain(void)
{
    uint32_t size_bytes;
    while (monitor_queue_take(&size_bytes) != 0) {
        (void)monitor_queue_done(ERROR_CODE_MONITOR_STATE);
    }
}

/* Everybody may talk to everybody and make every monitor call; the tests take away. */
static int set_up(void **state)
{
    (void)state;
    memset(threads, 0, sizeof threads);
    schedule_init();
    drain();
    memset(compartments, 0, sizeof compartments);
    memset((void *)(uintptr_t)MEMORY_MAILBOX_BASE, 0, MEMORY_MAILBOX_SIZE + COUNT * RAM_SIZE_BYTES);
    for (uint32_t number = 0; number < COUNT; number++) {
        compartments[number] = (struct compartment){
            .entry = {.number = number,
                      .ram = {MEMORY_BASE_RAM_BASE + number * RAM_SIZE_BYTES, RAM_SIZE_BYTES},
                      .priority = 1,
                      .interrupt = SYSTEM_NO_INTERRUPT,
                      .calls = EVERYBODY,
                      .accepts = EVERYBODY,
                      .monitor_calls = UINT32_MAX},
            .state = COMPARTMENT_RUNNING,
            .frame = frames[number],
        };
    }
    return 0;
}

static struct kernel_message *prepare(uint32_t number, uint32_t target, const void *data, uint32_t size_bytes)
{
    struct memory *memory = memory_of(number);
    memcpy(memory->data, data, size_bytes);
    memory->message = (struct kernel_message){.target = target,
                                              .data = memory->data,
                                              .size_bytes = size_bytes,
                                              .reply = memory->reply,
                                              .reply_capacity_bytes = sizeof memory->reply};
    return &memory->message;
}

static void call(uint32_t caller, uint32_t target)
{
    ipc_call(caller, address_of(prepare(caller, target, "hello", 5)));
}

static void receive(uint32_t receiver)
{
    struct memory *memory = memory_of(receiver);
    memory->receive = (struct kernel_receive){.data = memory->data, .capacity_bytes = sizeof memory->data};
    ipc_receive(receiver, address_of(&memory->receive));
}

static void reply(uint32_t server, uint32_t caller, const char *text)
{
    memcpy(memory_of(server)->data, text, strlen(text));
    ipc_reply(server, caller, address_of(memory_of(server)->data), (uint32_t)strlen(text));
}

static void a_message_goes_there_and_its_reply_back(void **state)
{
    (void)state;
    receive(1);
    call(0, 1);
    assert_int_equal(compartments[0].state, COMPARTMENT_AWAITING);
    assert_int_equal(result_of(1), ERROR_CODE_NONE);
    assert_int_equal(memory_of(1)->receive.caller, 0);
    assert_memory_equal(memory_of(1)->data, "hello", 5);
    reply(1, 0, "good");
    assert_int_equal(result_of(1), ERROR_CODE_NONE);
    assert_int_equal(result_of(0), ERROR_CODE_NONE);
    assert_int_equal(compartments[0].state, COMPARTMENT_RUNNING);
    assert_int_equal(memory_of(0)->message.reply_size_bytes, 4);
    assert_memory_equal(memory_of(0)->reply, "good", 4);
}

static void expect_reply_refused(uint32_t server, uint32_t caller)
{
    static const uint8_t nothing[sizeof memory_of(0)->reply];
    enum compartment_state before = caller < COUNT ? compartments[caller].state : COMPARTMENT_ABSENT;
    reply(server, caller, "evil");
    assert_int_equal(result_of(server), ERROR_CODE_KERNEL_ARGUMENT);
    if (caller < COUNT) {
        assert_int_equal(compartments[caller].state, before);
        assert_memory_equal(memory_of(caller)->reply, nothing, sizeof nothing);
    }
}

/* T-08: else a compartment could play the network, or the service behind it, to another. */
static void nobody_answers_for_somebody_else(void **state)
{
    (void)state;
    call(0, 1);
    expect_reply_refused(1, 0); /* sent, not yet received */
    receive(1);
    assert_int_equal(compartments[0].state, COMPARTMENT_AWAITING);
    expect_reply_refused(2, 0); /* waits for 1 */
    expect_reply_refused(0, 0);
    expect_reply_refused(1, 2); /* waits for nobody */
    expect_reply_refused(1, COUNT);
    expect_reply_refused(1, SYSTEM_COMPARTMENT_COUNT_MAX);
    expect_reply_refused(1, UINT32_MAX);
    reply(1, 0, "good");
    assert_int_equal(result_of(1), ERROR_CODE_NONE);
    assert_memory_equal(memory_of(0)->reply, "good", 4);
    expect_reply_refused(3, 2);
}

/* T-08: nor does it hand out memory that is not the server's. */
static void a_reply_comes_from_the_servers_memory(void **state)
{
    (void)state;
    receive(1);
    call(0, 1);
    ipc_reply(1, 0, address_of(memory_of(2)->data), 4);
    assert_int_equal(result_of(1), ERROR_CODE_KERNEL_ARGUMENT);
    ipc_reply(1, 0, MEMORY_MAILBOX_BASE, 4);
    assert_int_equal(result_of(1), ERROR_CODE_KERNEL_ARGUMENT);
    assert_int_equal(compartments[0].state, COMPARTMENT_AWAITING);
}

/* T-08: base and app are signed by different people, so each side of a pair has its own say. */
static void a_pair_is_declared_on_both_sides(void **state)
{
    static const struct {
        bool calls;
        bool accepts;
    } cases[] = {{false, false}, {true, false}, {false, true}};

    (void)state;
    for (size_t index = 0; index < sizeof cases / sizeof cases[0]; index++) {
        set_up(NULL);
        compartments[0].entry.calls = cases[index].calls ? 1u << 1 : EVERYBODY & ~(1u << 1);
        compartments[1].entry.accepts = cases[index].accepts ? 1u << 0 : EVERYBODY & ~(1u << 0);
        receive(1);
        call(0, 1);
        assert_int_equal(result_of(0), ERROR_CODE_KERNEL_NOT_DECLARED);
        assert_int_equal(compartments[0].state, COMPARTMENT_RUNNING);
        assert_int_equal(compartments[1].state, COMPARTMENT_RECEIVING);
        uint32_t size_bytes;
        assert_int_equal(monitor_queue_take(&size_bytes), MONITOR_CALL_FAULT);
        assert_int_equal(mailbox()->data[0], FAULT_RECORD_UNDECLARED);
        assert_int_equal(mailbox()->data[1], 0);
    }
    set_up(NULL);
    compartments[0].entry.calls = 1u << 1;
    compartments[1].entry.accepts = 1u << 0;
    receive(1);
    call(0, 1);
    assert_int_equal(compartments[0].state, COMPARTMENT_AWAITING);
}

/* T-08, T-21: the owner of a stored object is who asks, whatever the message says. */
static void the_kernel_names_the_owner_of_stored_objects(void **state)
{
    static const uint32_t calls[] = {MONITOR_CALL_STORE, MONITOR_CALL_LOAD};
    static const uint8_t claimed_owners[] = {0, 1, 3, 11, 255};

    (void)state;
    for (size_t index = 0; index < sizeof calls / sizeof calls[0]; index++) {
        for (size_t owner = 0; owner < sizeof claimed_owners; owner++) {
            set_up(NULL);
            uint8_t request[] = {MONITOR_STORAGE_SEALED, claimed_owners[owner], 7, 'x'};
            monitor_queue_call(2, address_of(prepare(2, calls[index], request, sizeof request)));
            assert_int_equal(compartments[2].state, COMPARTMENT_MONITOR);
            uint32_t size_bytes;
            assert_int_equal(monitor_queue_take(&size_bytes), calls[index]);
            assert_int_equal(size_bytes, sizeof request);
            request[1] = 2;
            assert_memory_equal(mailbox()->data, request, sizeof request);
        }
    }
    /* Other calls go as they are. */
    set_up(NULL);
    static const uint8_t digest[32] = {1, 9, 2};
    monitor_queue_call(2, address_of(prepare(2, MONITOR_CALL_OPERATIONAL_SIGN, digest, sizeof digest)));
    uint32_t size_bytes;
    assert_int_equal(monitor_queue_take(&size_bytes), MONITOR_CALL_OPERATIONAL_SIGN);
    assert_memory_equal(mailbox()->data, digest, sizeof digest);
}

/* The owner is written into the kernel's copy, so a message that the caller alters meanwhile changes nothing. */
static void a_request_altered_behind_the_queue_keeps_its_owner(void **state)
{
    static const uint8_t request[] = {MONITOR_STORAGE_KEPT, 2, 7, 'x'};

    (void)state;
    monitor_queue_call(2, address_of(prepare(2, MONITOR_CALL_STORE, request, sizeof request)));
    memory_of(2)->data[1] = 1;
    memory_of(2)->message.target = MONITOR_CALL_RESET;
    uint32_t size_bytes;
    assert_int_equal(monitor_queue_take(&size_bytes), MONITOR_CALL_STORE);
    assert_int_equal(mailbox()->data[1], 2);
}

/* T-08 */
static void undeclared_monitor_calls_are_refused(void **state)
{
    (void)state;
    for (uint32_t number = 0; number < 40; number++) {
        set_up(NULL);
        compartments[2].entry.monitor_calls = ~(number < 32 ? 1u << number : 0u);
        monitor_queue_call(2, address_of(prepare(2, number, "abcd", 4)));
        assert_int_equal(result_of(2), ERROR_CODE_KERNEL_NOT_DECLARED);
        assert_int_equal(compartments[2].state, COMPARTMENT_RUNNING);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_message_goes_there_and_its_reply_back, set_up),
        cmocka_unit_test_setup(nobody_answers_for_somebody_else, set_up),
        cmocka_unit_test_setup(a_reply_comes_from_the_servers_memory, set_up),
        cmocka_unit_test_setup(a_pair_is_declared_on_both_sides, set_up),
        cmocka_unit_test_setup(the_kernel_names_the_owner_of_stored_objects, set_up),
        cmocka_unit_test_setup(a_request_altered_behind_the_queue_keeps_its_owner, set_up),
        cmocka_unit_test_setup(undeclared_monitor_calls_are_refused, set_up),
    };
    return cmocka_run_group_tests(tests, map_memory, NULL);
}
