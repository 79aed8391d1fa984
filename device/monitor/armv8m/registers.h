/* Armv8-M system registers that the monitor uses, as seen from the secure world; _NS: the non-secure bank.
 * source  Armv8-M Architecture Reference Manual, D1.2 */
#ifndef DEVICE_MONITOR_ARMV8M_REGISTERS_H
#define DEVICE_MONITOR_ARMV8M_REGISTERS_H

#include <stdint.h>

#define REGISTER(address) (*(volatile uint32_t *)(uintptr_t)(address))

#define SYST_CSR REGISTER(0xE000E010)
#define SYST_RVR REGISTER(0xE000E014)
#define SYST_CVR REGISTER(0xE000E018)
#define VTOR REGISTER(0xE000ED08)
#define AIRCR REGISTER(0xE000ED0C)
#define SHPR3 REGISTER(0xE000ED20)
#define SHCSR REGISTER(0xE000ED24)
#define CFSR REGISTER(0xE000ED28)
#define HFSR REGISTER(0xE000ED2C)
#define CPACR REGISTER(0xE000ED88)
#define NSACR REGISTER(0xE000ED8C)
#define SAU_CTRL REGISTER(0xE000EDD0)
#define SAU_TYPE REGISTER(0xE000EDD4)
#define SAU_RNR REGISTER(0xE000EDD8)
#define SAU_RBAR REGISTER(0xE000EDDC)
#define SAU_RLAR REGISTER(0xE000EDE0)
#define SFSR REGISTER(0xE000EDE4)
#define VTOR_NS REGISTER(0xE002ED08)
#define SHCSR_NS REGISTER(0xE002ED24)

#define SYST_CSR_ENABLE 7u /* processor clock, interrupt, counter */
#define AIRCR_KEY 0x05FA0000u
#define AIRCR_PRIS (1u << 14)        /* non-secure priorities rank below secure ones */
#define AIRCR_BFHFNMINS (1u << 13)   /* stays 0: bus faults, hard faults and NMI are secure */
#define AIRCR_SYSRESETREQS (1u << 3) /* only secure code may reset */
#define SHPR3_SYSTICK_SHIFT 24
#define SHCSR_MEMFAULTENA (1u << 16)
#define SHCSR_BUSFAULTENA (1u << 17)
#define SHCSR_USGFAULTENA (1u << 18)
#define SHCSR_SECUREFAULTENA (1u << 19)
#define SHCSR_MEMFAULTPENDED (1u << 13)
#define CFSR_IACCVIOL 1u
#define SAU_RLAR_ENABLE 1u
#define SAU_RLAR_NSC 2u

#define EXCEPTION_HARD_FAULT 3
#define EXCEPTION_MEM_MANAGE 4
#define EXCEPTION_BUS_FAULT 5
#define EXCEPTION_SECURE_FAULT 7

#define EXC_RETURN_SECURE_STACK (1u << 6)
#define EXC_RETURN_THREAD (1u << 3)
#define EXC_RETURN_PROCESS_STACK (1u << 2)

#define CONTROL_UNPRIVILEGED 1u

/* First word of the frame that the hardware leaves on the secure stack when it pre-empts secure code (FPU absent). */
#define INTEGRITY_SIGNATURE 0xFEFA125Bu
/* Two of these above the first frame of a stack: a return over them faults. */
#define STACK_SEAL 0xFEF5EDA5u

#endif
