/* random.c - SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014). */
#include "tools/data/dataset-private.h"

static uint64_t mix(uint64_t z)
{
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

static const uint64_t step = UINT64_C(0x9e3779b97f4a7c15);

leat_data_random leat_data_random_start(uint64_t seed, uint64_t a, uint64_t b)
{
    uint64_t state = mix(seed + step);
    state = mix(state + a + step);
    return (leat_data_random){mix(state + b + step)};
}

uint64_t leat_data_random_below(leat_data_random *r, uint64_t n)
{
    /* Multiply and take the high half; a draw in the short first stretch of a low half would be biased
     * (Lemire, "Fast random integer generation in an interval", 2019). */
    for (;;) {
        r->state += step;
        unsigned __int128 product = (unsigned __int128)mix(r->state) * n;
        if ((uint64_t)product >= (0 - n) % n)
            return (uint64_t)(product >> 64);
    }
}
