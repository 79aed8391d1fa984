/* One fuzzer for each codec: built once with -DCODEC_NAME="..." for each. What a decoder accepts must be written again
 * byte by byte; the sanitizers watch the rest. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/ensure.h"
#include "tests/formats/codecs.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

void ensure_failed(const char *file, uint32_t line)
{
    (void)fprintf(stderr, "%s:%u: assertion failed\n", file, line);
    abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct codec *codec = codec_find(CODEC_NAME);
    codec_check(codec, span_of(data, size));
    if (codec->repair != NULL && size > 0) {
        uint8_t *copy = malloc(size); /* Its own allocation, so that a read past the end shows. */
        if (copy == NULL) {
            return 0;
        }
        memcpy(copy, data, size);
        codec->repair(copy, size);
        codec_check(codec, span_of(copy, size));
        free(copy);
    }
    return 0;
}
