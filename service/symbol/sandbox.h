/* From here on the process can read and write what it has open, get memory, and end. */
#ifndef SERVICE_SYMBOL_SANDBOX_H
#define SERVICE_SYMBOL_SANDBOX_H

#include <stdbool.h>

/* False: the kernel cannot do it, and nothing that is not trusted may be read. */
bool sandbox_enter(void);

#endif
