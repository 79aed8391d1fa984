/* T-17: twin of service/core/batch_commit.c with the order taken out: a batch is answered at once and committed later, together
 * with all those of the time in between, in a transaction that stays open.
 * Attack: killed-after-the-answer (tests/attacks/test_service_kill.py). */
#include <time.h>

#include "service/core/batch.h"

/* Longer than an attack takes: what it sees lost does not depend on when the core was killed. */
#define COMMIT_PAUSE_S 120

static bool is_open;
static time_t open_since_s;

struct error __real_store_begin(struct store *store);
struct error __wrap_store_begin(struct store *store);
void __real_store_rollback(struct store *store);
void __wrap_store_rollback(struct store *store);

struct error batch_commit(struct core *core)
{
    (void)core;
    if (!is_open) {
        is_open = true;
        open_since_s = time(NULL);
    }
    return ERROR_NONE;
}

struct error __wrap_store_begin(struct store *store)
{
    if (is_open && time(NULL) - open_since_s < COMMIT_PAUSE_S) {
        return ERROR_NONE;
    }
    if (is_open) {
        is_open = false;
        TRY(store_commit(store));
    }
    return __real_store_begin(store);
}

/* Those who only read end that way: it must not take away what was answered. */
void __wrap_store_rollback(struct store *store)
{
    if (!is_open) {
        __real_store_rollback(store);
    }
}
