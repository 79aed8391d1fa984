/* An update without the order of header and record: the record names the slot while its header is not written yet, so that
 * a power cut between the two leaves the record with a slot that cannot boot (T-07). */
#include "device/monitor/update_commit.h"

struct error update_commit(const struct update *update)
{
    TRY(update_write_record(update));
    return update_write_header(update);
}
