/* shortest-private.h - the shortest decimal that reads back as the same binary number.
 *
 * Source: Raffaello Giulietti, "The Schubfach way to render doubles" (2020). */
#ifndef LEAT_SHORTEST_PRIVATE_H
#define LEAT_SHORTEST_PRIVATE_H

#include "base-private.h"

#define LEAT_POWER_LEAST (-292)
#define LEAT_POWER_MOST 324
extern const uint64_t leat_powers_of_ten[][2];

/* digits * 10^exponent */
typedef struct leat_decimal {
    uint64_t digits;
    int exponent;
} leat_decimal;

/* Of the positive numbers that round to `value` (finite, not 0, sign ignored) the one with the fewest digits; of
 * several the one nearest to it. The digits may end in zeros. */
leat_decimal leat_shortest_f64(double value);
leat_decimal leat_shortest_f32(float value);

#endif
