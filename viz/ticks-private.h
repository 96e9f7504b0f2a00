/* ticks-private.h - where an axis has its marks, and numbers as a person writes them. */
#ifndef LEAT_TICKS_PRIVATE_H
#define LEAT_TICKS_PRIVATE_H

#include "base/base-private.h"

#define LEAT_MAX_TICKS 40

typedef struct leat_tick {
    double value;
    bool minor; /* a short mark without a label */
    char label[40];
} leat_tick;

typedef struct leat_ticks {
    leat_tick at[LEAT_MAX_TICKS];
    size_t n;
    char note[40]; /* what all labels have in common ("2017-06-06 UTC"), for the axis's title; may be "" */
} leat_ticks;

/* Each wants lo < hi, both finite, and makes about `want` labelled ticks, never more than `want` + 1 (want at
 * least 2). Labelled values lie within
 * [lo, hi] and rise; minor ones follow them. */
void leat_ticks_linear(leat_ticks *t, double lo, double hi, size_t want);
void leat_ticks_integer(leat_ticks *t, double lo, double hi, size_t want); /* steps: never between integers */
void leat_ticks_log(leat_ticks *t, double lo, double hi, size_t want);     /* 0 < lo */
void leat_ticks_duration(leat_ticks *t, double lo, double hi, size_t want); /* seconds */
void leat_ticks_wall(leat_ticks *t, double lo, double hi, size_t want);     /* seconds since 1970; UTC */

/* One value by itself, with about `digits` significant ones: "0.5312", "1.234×10⁻⁵", "18,034", "NaN". */
#define LEAT_NUMBER_SIZE 48
char *leat_format_number(char *buf, double value, int digits);
/* The same with so many decimals, whatever they are: for columns of numbers. And how many show `digits`
 * significant ones of a value. */
char *leat_format_fixed(char *buf, double value, int decimals);
int leat_digits_decimals(double value, int digits);
/* "9,007,199,254,740,993": every digit. */
char *leat_format_count(char *buf, int64_t n);
char *leat_format_duration(char *buf, double seconds); /* "2 h 5 min", "350 ms"; LEAT_NUMBER_SIZE */

#endif
