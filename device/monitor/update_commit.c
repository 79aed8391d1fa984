#include "device/monitor/update_commit.h"

struct error update_commit(const struct update *update)
{
    TRY(update_write_header(update));
    return update_write_record(update);
}
