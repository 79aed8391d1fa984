#include "challenge/attacks/kernel/hostile.h"

#include "base/ensure.h"

#define SHCSR 0xE000ED24
#define SHCSR_FAULTS (1u << 16 | 1u << 18)
#define CFSR 0xE000ED28
#define SHPR1 0xE000ED18
#define SHPR2 0xE000ED1C
#define SHPR3 0xE000ED20
#define SYST_CSR 0xE000E010
#define SYST_RVR 0xE000E014
#define SYST_CVR 0xE000E018
#define FRAME_PC 6
#define FRAME_XPSR 7
#define XPSR_THUMB 0x01000000u

typedef void handler(void);
typedef uint32_t veneer(uint32_t, uint32_t);

void reset_handler(void);
void hostile_fault(void);
void hostile_unexpected(void);
void hostile_fault_main(uint32_t *frame);

extern uint32_t kernel_stack_top[];

static uint64_t __attribute__((used)) thread_stack[256];
static volatile uint32_t fault_count;
static volatile bool trying;

struct vector_table {
    uint32_t *main_stack;
    handler *handlers[15];
};

__attribute__((section(".vectors"), used)) const struct vector_table hostile_vectors = {
    kernel_stack_top,
    {reset_handler, hostile_unexpected, hostile_unexpected, hostile_fault, hostile_unexpected, hostile_fault,
     hostile_unexpected, hostile_unexpected, hostile_unexpected, hostile_unexpected, hostile_svc, hostile_unexpected,
     hostile_unexpected, hostile_unexpected, hostile_tick},
};

__attribute__((used, noreturn)) static void start(void)
{
    HOSTILE_REGISTER(SHPR1) = 0;
    HOSTILE_REGISTER(SHPR2) = 0x80u << 24;
    HOSTILE_REGISTER(SHPR3) = 0x80u << 24 | 0x80u << 16;
    HOSTILE_REGISTER(SHCSR) |= SHCSR_FAULTS;
    hostile_log("start", 0);
    hostile_main();
    hostile_log("end", 0);
    for (;;) {
        __asm volatile("wfi");
    }
}

__attribute__((naked)) void reset_handler(void)
{
    __asm volatile("ldr r0, =kernel_bss_start\n"
                   "ldr r1, =kernel_bss_end\n"
                   "movs r3, #0\n"
                   "2: cmp r0, r1\n"
                   "itt lo\n"
                   "strlo r3, [r0], #4\n"
                   "blo 2b\n"
                   "ldr r0, =thread_stack + 2048\n"
                   "msr psp, r0\n"
                   "movs r0, #2\n"
                   "msr control, r0\n"
                   "isb\n"
                   "b start\n"
                   ".ltorg\n");
}

uint32_t hostile_monitor(uint32_t number, uint32_t size_in_bytes)
{
    return ((veneer *)(uintptr_t)(MEMORY_MONITOR_VENEER_BASE | 1u))(number, size_in_bytes);
}

void hostile_log(const char *word, uint32_t value)
{
    static const char prefix[] = "hostile: ";
    uint32_t size = 0;
    for (const char *text = prefix; *text != '\0'; text++) {
        HOSTILE_MAILBOX->data[size++] = (uint8_t)*text;
    }
    for (; *word != '\0'; word++) {
        HOSTILE_MAILBOX->data[size++] = (uint8_t)*word;
    }
    HOSTILE_MAILBOX->data[size++] = ' ';
    for (int shift = 28; shift >= 0; shift -= 4) {
        HOSTILE_MAILBOX->data[size++] = (uint8_t)"0123456789abcdef"[(value >> shift) & 15];
    }
    (void)hostile_monitor(MONITOR_CALL_LOG, size);
}

uint32_t hostile_faults(void)
{
    uint32_t count = fault_count;
    fault_count = 0;
    return count;
}

/* r4 to r11 and the stack as they were, result false: where a faulting attempt goes on. */
__attribute__((used)) static uint32_t try_stack;

__attribute__((naked, used)) static bool try_run(void (*attempt)(uint32_t), uint32_t argument)
{
    (void)attempt;
    (void)argument;
    __asm volatile("push {r4-r11, lr}\n"
                   "sub sp, #4\n"
                   "ldr r2, =try_stack\n"
                   "mov r3, sp\n"
                   "str r3, [r2]\n"
                   "mov r3, r0\n"
                   "mov r0, r1\n"
                   "blx r3\n"
                   "movs r0, #1\n"
                   "add sp, #4\n"
                   "pop {r4-r11, pc}\n"
                   ".ltorg\n");
}

__attribute__((naked, used)) static void try_failed(void)
{
    __asm volatile("ldr r2, =try_stack\n"
                   "ldr r3, [r2]\n"
                   "mov sp, r3\n"
                   "movs r0, #0\n"
                   "add sp, #4\n"
                   "pop {r4-r11, pc}\n"
                   ".ltorg\n");
}

bool hostile_try(void (*attempt)(uint32_t), uint32_t argument)
{
    trying = true;
    bool whole = try_run(attempt, argument);
    trying = false;
    return whole;
}

__attribute__((used)) void hostile_fault_main(uint32_t *frame)
{
    fault_count++;
    HOSTILE_REGISTER(CFSR) = HOSTILE_REGISTER(CFSR);
    if (trying) {
        frame[FRAME_PC] = (uint32_t)(uintptr_t)try_failed & ~1u;
        frame[FRAME_XPSR] = XPSR_THUMB;
    }
}

__attribute__((naked)) void hostile_fault(void)
{
    HOSTILE_WITH_FRAME(hostile_fault_main);
}

void hostile_tick_start(uint32_t cycles)
{
    HOSTILE_REGISTER(SYST_RVR) = cycles - 1;
    HOSTILE_REGISTER(SYST_CVR) = 0;
    HOSTILE_REGISTER(SYST_CSR) = 7;
}

void hostile_tick_stop(void)
{
    HOSTILE_REGISTER(SYST_CSR) = 0;
}

void hostile_unexpected(void)
{
    for (;;) {
    }
}

void ensure_failed(const char *file, uint32_t line)
{
    (void)file;
    (void)line;
    for (;;) {
    }
}
