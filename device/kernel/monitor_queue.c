#include "device/kernel/monitor_queue.h"

#include "base/writer.h"
#include "device/abi/memory_map.h"
#include "device/abi/monitor_call.h"
#include "device/kernel/ipc.h"
#include "device/kernel/schedule.h"
#include "device/kernel/time.h"

#include <string.h>

#define MAILBOX ((volatile struct monitor_mailbox *)(uintptr_t)MEMORY_MAILBOX_BASE)
#define FAULT_RECORD_SIZE_BYTES_MAX (18 + SYSTEM_NAME_SIZE_BYTES - 1)
#define LOG_TEXT_SIZE_BYTES_MAX 160
#define UNDECLARED_PERIOD_MS 1000
#define NOBODY 0xFFFFFFFFu
/* MONITOR_CALL_IDENTITY: ueid, epoch, boot count, mode, claimed stand before app_verified. */
#define IDENTITY_APP_VERIFIED_OFFSET (33 + 4 + 4 + 1 + 1)

static uint32_t sequence_last;
static uint32_t sequences[SYSTEM_COMPARTMENT_COUNT_MAX]; /* order of arrival */
static uint32_t in_progress = NOBODY; /* who gets the answer */
static uint32_t client = NOBODY;      /* for whom the monitor works; may have been stopped meanwhile */
static bool record_taken;
static bool down_announced;
static bool identity_asked;
static bool identity_in_progress;

/* Works at the priority of the most urgent compartment that waits for it or has a fault to report, as its budget leaves
 * it. A call under way goes on in the background when its caller has used its time: it cannot be given up (T-26). */
void monitor_queue_prioritise(void)
{
    bool own_work = !fault_queue_is_empty() || !identity_asked;
    uint32_t priority = own_work ? THREAD_PRIORITY_BACKGROUND + 1 : THREAD_PRIORITY_BACKGROUND;
    if (!fault_queue_is_empty()) {
        const struct thread *faulted = &threads[fault_queue_first()->compartment];
        priority = faulted->priority > priority ? faulted->priority : priority;
    }
    for (uint32_t number = 0; number < SYSTEM_COMPARTMENT_COUNT_MAX; number++) {
        if (compartments[number].state == COMPARTMENT_MONITOR && !threads[number].held &&
            threads[number].priority > priority) {
            priority = threads[number].priority;
        }
    }
    threads[THREAD_MONITOR].priority = priority;
    schedule_set_ready(THREAD_MONITOR, true);
}

static void enqueue(uint32_t caller)
{
    sequences[caller] = ++sequence_last;
    compartment_block(caller, COMPARTMENT_MONITOR, 0);
    monitor_queue_prioritise();
}

void monitor_queue_call(uint32_t caller, uint32_t message_address)
{
    struct compartment *compartment = &compartments[caller];
    compartment->frame[0] = ipc_message_take(caller, message_address);
    if (compartment->frame[0] != ERROR_CODE_NONE) {
        return;
    }
    uint32_t number = compartment->message.target;
    if (number >= 32 || (compartment->entry.monitor_calls & (1u << number)) == 0) {
        monitor_queue_undeclared(caller, KERNEL_CALL_MONITOR, number);
        compartment->frame[0] = ERROR_CODE_KERNEL_NOT_DECLARED;
        return;
    }
    if (compartment->message.size_bytes > MONITOR_MAILBOX_DATA_SIZE_BYTES) {
        compartment->frame[0] = ERROR_CODE_KERNEL_CAPACITY;
        return;
    }
    enqueue(caller);
}

void monitor_queue_log(uint32_t caller, uint32_t text_address, uint32_t size_bytes)
{
    struct compartment *compartment = &compartments[caller];
    if (!compartment_may_read(caller, text_address, size_bytes)) {
        compartment->frame[0] = ERROR_CODE_KERNEL_ARGUMENT;
        return;
    }
    memset(&compartment->message, 0, sizeof compartment->message);
    compartment->request_address = 0; /* nothing is written back */
    compartment->message.target = MONITOR_CALL_LOG;
    compartment->message.data = (const uint8_t *)(uintptr_t)text_address;
    compartment->message.size_bytes = size_bytes < LOG_TEXT_SIZE_BYTES_MAX ? size_bytes : LOG_TEXT_SIZE_BYTES_MAX;
    enqueue(caller);
}

void monitor_queue_fault(uint32_t number, enum fault_record_kind kind, const struct compartment_fault *fault)
{
    fault_queue_put(&(struct fault_record){(uint8_t)kind, (uint8_t)number, *fault});
    monitor_queue_prioritise();
}

void monitor_queue_undeclared(uint32_t number, uint32_t kernel_call, uint32_t what)
{
    struct compartment *compartment = &compartments[number];
    if (compartment->history.undeclared_reported && time_now_ms() - compartment->history.undeclared_ms < UNDECLARED_PERIOD_MS) {
        return;
    }
    compartment->history.undeclared_reported = true;
    compartment->history.undeclared_ms = time_now_ms();
    struct compartment_fault fault = {.cause = kernel_call, .address = what};
    monitor_queue_fault(number, FAULT_RECORD_UNDECLARED, &fault);
}

static uint8_t *mailbox_data(void)
{
    return (uint8_t *)(uintptr_t)(MEMORY_MAILBOX_BASE + offsetof(struct monitor_mailbox, data));
}

static void write_name(struct writer *writer, uint32_t number)
{
    for (const char *letter = compartments[number].entry.name; *letter != '\0'; letter++) {
        writer_u8(writer, (uint8_t)*letter); /* ends: system_table_read made sure */
    }
}

/* For who reads the console, before the record that says the same. */
static uint32_t take_down_line(uint32_t number, uint32_t *size_bytes)
{
    static const char text[] = "stays down until the device starts again";
    struct writer writer;
    writer_init(&writer, mailbox_data(), MONITOR_MAILBOX_DATA_SIZE_BYTES);
    write_name(&writer, number);
    writer_bytes(&writer, span_of(": ", 2));
    writer_bytes(&writer, span_of(text, sizeof text - 1));
    down_announced = true;
    *size_bytes = (uint32_t)writer.size;
    return MONITOR_CALL_LOG;
}

static uint32_t take_record(uint32_t *size_bytes)
{
    if (fault_queue_first()->fault.cause == FAULT_CAUSE_DOWN && !down_announced) {
        return take_down_line(fault_queue_first()->compartment, size_bytes);
    }
    down_announced = false;
    const struct fault_record record = fault_queue_take();
    client = record.compartment; /* the report of a fault is on whose fault it is, or faults would be a way to take time */
    struct writer writer;
    writer_init(&writer, mailbox_data(), FAULT_RECORD_SIZE_BYTES_MAX);
    writer_u8(&writer, record.kind);
    writer_u8(&writer, record.compartment);
    writer_u32(&writer, record.fault.cause);
    writer_u32(&writer, record.fault.pc);
    writer_u32(&writer, record.fault.lr);
    writer_u32(&writer, record.fault.address);
    write_name(&writer, record.compartment);
    *size_bytes = (uint32_t)writer.size;
    return MONITOR_CALL_FAULT;
}

static uint32_t take_call(uint32_t caller, uint32_t *size_bytes)
{
    const struct compartment *compartment = &compartments[caller];
    const struct kernel_message *message = &compartment->message;
    uint8_t *data = mailbox_data();
    struct writer writer;
    writer_init(&writer, data, MONITOR_MAILBOX_DATA_SIZE_BYTES);
    if (message->target == MONITOR_CALL_LOG) {
        write_name(&writer, caller);
        writer_bytes(&writer, span_of(": ", 2));
    }
    writer_bytes(&writer, span_of(message->data, message->size_bytes));
    monitor_queue_name_owner(caller, message->target, message->size_bytes, data);
    in_progress = caller;
    client = caller;
    *size_bytes = (uint32_t)writer.size;
    return message->target;
}

static uint32_t first_in_line(void)
{
    uint32_t best = NOBODY;
    for (uint32_t number = 0; number < SYSTEM_COMPARTMENT_COUNT_MAX; number++) {
        if (compartments[number].state != COMPARTMENT_MONITOR || threads[number].held) {
            continue;
        }
        if (best == NOBODY || threads[number].priority > threads[best].priority ||
            (threads[number].priority == threads[best].priority &&
             (int32_t)(sequences[number] - sequences[best]) < 0)) {
            best = number;
        }
    }
    return best;
}

uint32_t monitor_queue_take(uint32_t *size_bytes)
{
    in_progress = NOBODY;
    client = NOBODY;
    *size_bytes = 0;
    if (!identity_asked) {
        identity_asked = true;
        identity_in_progress = true;
        return MONITOR_CALL_IDENTITY;
    }
    uint32_t caller = first_in_line();
    /* Records and calls take turns, so that a compartment that faults all the time does not keep the others waiting. */
    bool record_turn = caller == NOBODY || !record_taken;
    if (!fault_queue_is_empty() && record_turn) {
        record_taken = true;
        return take_record(size_bytes);
    }
    record_taken = false;
    if (caller == NOBODY) {
        schedule_set_ready(THREAD_MONITOR, false);
        return 0;
    }
    return take_call(caller, size_bytes);
}

uint32_t monitor_queue_client(void)
{
    return client;
}

void monitor_queue_forget(uint32_t number)
{
    if (in_progress == number) {
        in_progress = NOBODY;
    }
}

bool monitor_queue_done(uint32_t code)
{
    uint32_t size_bytes = MAILBOX->size_bytes;
    if (size_bytes > MONITOR_MAILBOX_DATA_SIZE_BYTES) {
        size_bytes = 0;
    }
    if (in_progress != NOBODY) {
        ipc_message_answer(in_progress, code, mailbox_data(), size_bytes);
        in_progress = NOBODY;
    }
    bool app_verified = identity_in_progress && code == ERROR_CODE_NONE &&
                        size_bytes > IDENTITY_APP_VERIFIED_OFFSET && mailbox_data()[IDENTITY_APP_VERIFIED_OFFSET] == 1;
    identity_in_progress = false;
    monitor_queue_prioritise();
    return app_verified;
}
