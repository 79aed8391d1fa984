/* One try to reach something, on a thread that was doing something else: nothing here relies on initialised data. A try
 * that is not stopped by a fault stops the compartment itself and says what came of it. */
#include "tests/isolation/images/matrix/matrix.h"

#include "base/writer.h"
#include "device/runtime/net_protocol.h"
#include "device/runtime/runtime.h"
#include "device/systems/system.h"

#define TIMEOUT_MS 100u

__attribute__((noreturn, used)) void matrix_probe(uint32_t operation, uint32_t argument, uint32_t second);
__attribute__((noreturn, used)) void matrix_leave(void);

void matrix_leave(void)
{
    runtime_fail(MATRIX_DONE);
}

__attribute__((noreturn)) static void leave_with(struct error error)
{
    runtime_fail(error_is_none(error) ? MATRIX_DONE : error.code & 0xFFFF);
}

static struct error send(uint32_t target, struct span request)
{
    uint8_t answer[64];
    struct buffer reply = BUFFER_OF(answer);
    return runtime_call(target, request, &reply, 2 * TIMEOUT_MS);
}

/* The error of net's answer, or the kernel's. */
static struct error ask_net(struct span request)
{
    uint8_t answer[64];
    struct buffer reply = BUFFER_OF(answer);
    TRY(runtime_call(SYSTEM_COMPARTMENT_NET, request, &reply, 5 * TIMEOUT_MS));
    return (struct error){(uint32_t)answer[0] << 24 | (uint32_t)answer[1] << 16 | (uint32_t)answer[2] << 8 | answer[3]};
}

static void write_decimal(struct writer *writer, uint32_t value)
{
    if (value >= 100) {
        writer_u8(writer, (uint8_t)('0' + value / 100));
    }
    if (value >= 10) {
        writer_u8(writer, (uint8_t)('0' + value / 10 % 10));
    }
    writer_u8(writer, (uint8_t)('0' + value % 10));
}

static struct error try_connect(uint32_t address, uint32_t port)
{
    uint8_t bytes[32];
    struct writer writer;
    writer_init(&writer, bytes, sizeof bytes);
    writer_u8(&writer, NET_OPERATION_CONNECT);
    writer_u16(&writer, (uint16_t)port);
    writer_u32(&writer, TIMEOUT_MS);
    for (uint32_t shift = 32; shift > 0; shift -= 8) {
        if (shift < 32) {
            writer_u8(&writer, '.');
        }
        write_decimal(&writer, (address >> (shift - 8)) & 255);
    }
    return ask_net(writer_span(&writer));
}

static struct error try_listen(uint32_t port)
{
    const uint8_t bytes[] = {NET_OPERATION_LISTEN, (uint8_t)(port >> 8), (uint8_t)port};
    return ask_net(SPAN_OF(bytes));
}

static struct error try_kernel_call(uint32_t number)
{
    register uint32_t r0 __asm("r0") = number;
    register uint32_t r1 __asm("r1") = 0;
    register uint32_t r2 __asm("r2") = 0;
    register uint32_t r3 __asm("r3") = 0;
    __asm volatile("svc 0" : "+r"(r0), "+r"(r1), "+r"(r2), "+r"(r3) : : "memory");
    return (struct error){r0};
}

void matrix_probe(uint32_t operation, uint32_t argument, uint32_t second)
{
    static const uint8_t byte[] = {0xFF};
    uint8_t answer[64];
    struct buffer reply = BUFFER_OF(answer);
    volatile uint32_t *word = (volatile uint32_t *)(uintptr_t)argument;
    switch ((enum matrix_operation)operation) {
    case MATRIX_READ:
        (void)*word;
        break;
    case MATRIX_WRITE:
        *word = 0;
        break;
    case MATRIX_EXECUTE:
        __asm volatile("bx %0" : : "r"(argument | 1u));
        break;
    case MATRIX_CALL:
        leave_with(send(argument, SPAN_OF(byte)));
    case MATRIX_MONITOR:
        leave_with(runtime_monitor((enum monitor_call)argument, SPAN_OF(byte), &reply));
    case MATRIX_CONNECT:
        leave_with(try_connect(argument, second));
    case MATRIX_LISTEN:
        leave_with(try_listen(argument));
    case MATRIX_KERNEL:
        leave_with(try_kernel_call(argument));
    }
    matrix_leave();
}
