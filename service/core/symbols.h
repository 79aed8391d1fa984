/* Where in the source a failure is: looked up in the programs that were published with an image, by a process of its own,
 * one at a time. No answer ever waits for it.
 * source  service/symbol/README.md */
#ifndef SERVICE_CORE_SYMBOLS_H
#define SERVICE_CORE_SYMBOLS_H

#include <event2/event.h>

#include "service/store/store.h"

/* A look-up is ended after this long. */
#define SYMBOLS_TIMEOUT_S 10

struct symbols;

/* symbols_dir and store are borrowed until the end. NULL: out of memory. */
struct symbols *symbols_open(const char *symbols_dir, struct store *store);
void symbols_close(struct symbols *symbols);
/* Called every second, outside of any transaction: starts the next look-up, ends one that takes too long. */
void symbols_step(struct symbols *symbols, struct event_base *base);

#endif
