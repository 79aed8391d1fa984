/* Re-hash of what was loaded, a slice at a time while it runs: code that was altered in memory shows in the evidence.
 * source  DESIGN 4 */
#ifndef DEVICE_MONITOR_REHASH_H
#define DEVICE_MONITOR_REHASH_H

#include <stdbool.h>

/* One slice. Called from the tick handler alone. */
void rehash_step(void);
/* False for ever once a loaded image was seen to differ from its measurement in this boot. */
bool rehash_ok(void);

#endif
