/* What runs in a payload after its start-up. */
#ifndef TESTS_BOOT_PAYLOAD_PAYLOAD_H
#define TESTS_BOOT_PAYLOAD_PAYLOAD_H

__attribute__((noreturn)) void payload_main(void);

#endif
