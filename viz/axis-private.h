/* axis-private.h - an axis: from values to places, the ranges that data give it, its ticks. */
#ifndef LEAT_AXIS_PRIVATE_H
#define LEAT_AXIS_PRIVATE_H

#include <math.h>
#include "viz/ticks-private.h"

/* A range of values; lo > hi: empty. */
typedef struct leat_extent {
    double lo, hi;
} leat_extent;
#define LEAT_EXTENT_EMPTY ((leat_extent){INFINITY, -INFINITY})

static inline void leat_extent_add(leat_extent *e, double v)
{
    e->lo = v < e->lo ? v : e->lo;
    e->hi = v > e->hi ? v : e->hi;
}

typedef enum leat_axis_kind {
    LEAT_AXIS_NUMBER,
    LEAT_AXIS_INTEGER,
    LEAT_AXIS_DURATION,
    LEAT_AXIS_WALL
} leat_axis_kind;

typedef struct leat_axis {
    leat_axis_kind kind;
    bool log;      /* to base ten; 0 < lo */
    double lo, hi; /* lo < hi, finite */
} leat_axis;

/* Where a value stands: 0 at lo, 1 at hi; finite for every finite value (positive where log). */
double leat_axis_at(const leat_axis *a, double value);

/* Gives the axis its range. Linear: 5 % more at either end; one value c gets [0, 2c], and 0 gets [-1, 1]. Log:
 * half the least to twice the greatest. `from_zero`, as horizontal axes want it: data that are not negative get no
 * negative range, and a log axis 4 % more at either end, if that is less. Limits that are not NaN win. */
void leat_axis_fit(leat_axis *a, leat_extent data, const double limits[2], bool from_zero);

void leat_axis_ticks(const leat_axis *a, size_t want, leat_ticks *t);

#endif
