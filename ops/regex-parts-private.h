/* regex-parts-private.h - the program of a regular expression: made by regex.c, run by regex-match.c. */
#ifndef LEAT_REGEX_PARTS_PRIVATE_H
#define LEAT_REGEX_PARTS_PRIVATE_H

#include <stdio.h>
#include "ops/regex-private.h"

enum {
    LEAT_REGEX_CHAR,  /* a: the character */
    LEAT_REGEX_CLASS, /* a, b: its ranges */
    LEAT_REGEX_ANY,
    LEAT_REGEX_ANY_IN_LINE,
    LEAT_REGEX_MATCH,
    /* without a character: */
    LEAT_REGEX_JUMP,  /* a: where to, relative */
    LEAT_REGEX_SPLIT, /* a, b: the same, the preferred one first */
    LEAT_REGEX_SAVE,  /* a: the number of the position kept */
    LEAT_REGEX_BEGIN,
    LEAT_REGEX_END,
    LEAT_REGEX_LINE_BEGIN,
    LEAT_REGEX_LINE_END,
    LEAT_REGEX_WORD, /* between a letter of a word and none */
    LEAT_REGEX_NOT_WORD,
};

typedef struct leat_regex_code {
    uint8_t op;
    bool fold, negated;
    int32_t a, b;
} leat_regex_code;

typedef struct leat_regex_range {
    uint32_t low, high;
} leat_regex_range;

struct leat_regex {
    leat_regex_code *code;
    leat_regex_range *ranges;
    size_t n_code, code_capacity, n_ranges, ranges_capacity;
    int groups;
};

/* The character at *p < end, moved on: of UTF-8, or one byte that is none. */
static inline uint32_t leat_regex_next(const char **p, const char *end)
{
    const unsigned char *s = (const unsigned char *)*p;
    uint32_t c = s[0];
    int more = c < 0xC2 ? 0 : c < 0xE0 ? 1 : c < 0xF0 ? 2 : c < 0xF5 ? 3 : 0;
    ++*p;
    if (more == 0 || end - *p < more)
        return c;
    uint32_t value = c & (0x3Fu >> more);
    for (int i = 1; i <= more; i++) {
        if ((s[i] & 0xC0) != 0x80)
            return c;
        value = value << 6 | (s[i] & 0x3Fu);
    }
    *p += more;
    return value;
}

#endif
