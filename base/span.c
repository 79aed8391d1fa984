#include "base/span.h"

bool span_equal(struct span a, struct span b)
{
    if (a.size != b.size) {
        return false;
    }
    for (size_t index = 0; index < a.size; index++) {
        if (a.data[index] != b.data[index]) {
            return false;
        }
    }
    return true;
}
