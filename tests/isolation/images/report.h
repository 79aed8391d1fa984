/* Lines of the test compartments: a word and numbers. */
#ifndef TESTS_ISOLATION_IMAGES_REPORT_H
#define TESTS_ISOLATION_IMAGES_REPORT_H

#include <stddef.h>
#include <stdint.h>

/* "<word> <8 hex digits> ..." */
void report(const char *word, const uint32_t *numbers, size_t count);

#endif
