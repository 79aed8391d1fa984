#include "service/core/batch.h"

/* T-17: what is answered after this is durable. */
struct error batch_commit(struct core *core)
{
    return store_commit(core->store);
}
