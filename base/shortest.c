#include "config.h"
#include "shortest-private.h"

#include <string.h>

/* floor(log10(2^e)), floor(log10(3/4 * 2^e)) and floor(log2(10^e)), for all exponents that doubles have. */
static int log10_of_power_of_2(int e)
{
    return (e * 1262611) >> 22;
}

static int log10_of_three_quarters(int e)
{
    return (e * 1262611 - 524031) >> 22;
}

static int log2_of_power_of_10(int e)
{
    return (e * 1741647) >> 19;
}

/* g * c / 2^128, the lowest bit set where a remainder was cut off. g may be too large by less than 1, which makes
 * the first 64 bits of the remainder too large by at most 1. */
static uint64_t round_to_odd(const uint64_t g[2], uint64_t c)
{
    unsigned __int128 low = (unsigned __int128)g[1] * c;
    unsigned __int128 high = (unsigned __int128)g[0] * c + (uint64_t)(low >> 64);
    return (uint64_t)(high >> 64) | ((uint64_t)high > 1);
}

/* Of c * 2^q, whose neighbours are 2^q away, the lower one half of that where `closer_below`. All is computed in
 * quarters of 10^k, where k is such that the interval of what rounds to the number is between 1 and 10 of them wide:
 * a multiple of 10^(k+1) in it, or else of 10^k, is the answer. */
static leat_decimal shortest(uint64_t c, int q, bool closer_below)
{
    int k = closer_below ? log10_of_three_quarters(q) : log10_of_power_of_2(q);
    int h = q + log2_of_power_of_10(-k) + 1;
    const uint64_t *g = leat_powers_of_ten[-k - LEAT_POWER_LEAST];
    uint64_t open = c & 1; /* ties go to even: the ends of an odd number's interval round away from it */
    uint64_t lower = round_to_odd(g, (4 * c - 2 + closer_below) << h) + open;
    uint64_t value = round_to_odd(g, (4 * c) << h);
    uint64_t upper = round_to_odd(g, (4 * c + 2) << h) - open;

    uint64_t s = value / 4, tens = s / 10;
    bool below_inside = lower <= 40 * tens, above_inside = 40 * tens + 40 <= upper;
    if (s >= 10 && below_inside != above_inside)
        return (leat_decimal){tens + above_inside, k + 1};
    below_inside = lower <= 4 * s;
    above_inside = 4 * s + 4 <= upper;
    if (below_inside != above_inside)
        return (leat_decimal){s + above_inside, k};
    uint64_t middle = 4 * s + 2;
    return (leat_decimal){s + (value > middle || (value == middle && s % 2 == 1)), k};
}

leat_decimal leat_shortest_f64(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    uint64_t fraction = bits & ((UINT64_C(1) << 52) - 1);
    int exponent = (int)(bits >> 52 & 0x7ff);
    if (exponent == 0)
        return shortest(fraction, -1074, false);
    return shortest(fraction | UINT64_C(1) << 52, exponent - 1075, fraction == 0 && exponent > 1);
}

leat_decimal leat_shortest_f32(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    uint32_t fraction = bits & ((1u << 23) - 1);
    int exponent = (int)(bits >> 23 & 0xff);
    if (exponent == 0)
        return shortest(fraction, -149, false);
    return shortest(fraction | 1u << 23, exponent - 150, fraction == 0 && exponent > 1);
}
