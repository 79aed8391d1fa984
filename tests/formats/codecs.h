/* Each codec behind one pair of functions, for the vector test and the fuzzers. Not part of any product program. */
#ifndef TESTS_FORMATS_CODECS_H
#define TESTS_FORMATS_CODECS_H

#include "base/error.h"
#include "base/writer.h"

/* Larger than any message. */
#define CODEC_SIZE_BYTES_MAX 8192

struct codec {
    const char *name; /* of its folder of vectors */
    /* Reads input and writes it again. The error is the parser's. */
    struct error (*rewrite)(struct span input, struct writer *out);
    /* Verifies the signature of an input that rewrite accepted; NULL where there is none. */
    struct error (*verify)(struct span input);
    /* Makes a changed input consistent again (digests inside it), so that a fuzzer gets past them; NULL where there is
     * nothing to repair. */
    void (*repair)(uint8_t *data, size_t size_bytes);
};

/* NULL for an unknown name. */
const struct codec *codec_find(const char *name);
/* Runs one codec on bytes from anywhere and aborts if an accepted input is not written again byte by byte. */
void codec_check(const struct codec *codec, struct span input);

#endif
