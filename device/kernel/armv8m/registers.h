/* Armv8-M system registers that the kernel uses, as seen from the non-secure world.
 * source  Armv8-M Architecture Reference Manual, D1.2 */
#ifndef DEVICE_KERNEL_ARMV8M_REGISTERS_H
#define DEVICE_KERNEL_ARMV8M_REGISTERS_H

#include <stdint.h>

#define REGISTER(address) (*(volatile uint32_t *)(uintptr_t)(address))

#define SYST_CSR REGISTER(0xE000E010)
#define SYST_RVR REGISTER(0xE000E014)
#define SYST_CVR REGISTER(0xE000E018)
#define NVIC_ISER 0xE000E100u
#define NVIC_ICER 0xE000E180u
#define NVIC_IPR 0xE000E400u
#define ICSR REGISTER(0xE000ED04)
#define CCR REGISTER(0xE000ED14)
#define SHPR1 REGISTER(0xE000ED18)
#define SHPR2 REGISTER(0xE000ED1C)
#define SHPR3 REGISTER(0xE000ED20)
#define SHCSR REGISTER(0xE000ED24)
#define CFSR REGISTER(0xE000ED28)
#define MMFAR REGISTER(0xE000ED34)
#define MPU_TYPE REGISTER(0xE000ED90)
#define MPU_CTRL REGISTER(0xE000ED94)
#define MPU_RNR REGISTER(0xE000ED98)
#define MPU_RBAR_ALIAS 0xE000ED9Cu /* four pairs of RBAR and RLAR, from region RNR on */
#define MPU_MAIR0 REGISTER(0xE000EDC0)

#define SYST_CSR_ENABLE 7u /* processor clock, interrupt, counter */
#define ICSR_PENDSVSET (1u << 28)
#define CCR_DIV_0_TRP (1u << 4)
#define SHCSR_MEMFAULTENA (1u << 16)
#define SHCSR_USGFAULTENA (1u << 18)
#define CFSR_MSTKERR (1u << 4)
#define CFSR_MMARVALID (1u << 7)
#define CFSR_STKOF (1u << 20)
#define MPU_CTRL_ENABLE 5u /* privileged code keeps the default map beside the regions */
#define MPU_RBAR_EXECUTE_NEVER 1u
#define MPU_RBAR_READ_WRITE (1u << 1)
#define MPU_RBAR_READ_ONLY (3u << 1)
#define MPU_RLAR_ENABLE 1u
#define MPU_RLAR_DEVICE (1u << 1)
#define MPU_MAIR0_NORMAL_DEVICE 0x00000044u /* 0: normal memory, 1: device nGnRnE */

#define EXC_RETURN_INSIDE (1u << 6) /* pre-empted inside the secure world */
#define EXC_RETURN_THREAD (1u << 3)
#define EXC_RETURN_NONSECURE_THREAD 0xFFFFFFBCu

#endif
