/* Wiping of secrets. A secret is a struct type of its own and is wiped on every way out. */
#ifndef BASE_SECRET_H
#define BASE_SECRET_H

#include <stddef.h>

/* Overwrites size_bytes with zeros; the compiler cannot remove it, as it does with a memset of dead memory. */
void secret_wipe(void *data, size_t size_bytes);

#endif
