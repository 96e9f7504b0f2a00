/* random-loops.h - Philox over several counters at once; nn-vector-body.h includes it. */

enum { LANES = 16 }; /* counters computed side by side: a vector of AVX-512, two of AVX2 */

/* One round: two 32 x 32 -> 64 bit products, mixed with the key. */
static inline void philox_round(uint32_t c[4][LANES], uint32_t k0, uint32_t k1)
{
    for (int l = 0; l < LANES; l++) {
        uint64_t p0 = (uint64_t)c[0][l] * UINT32_C(0xD2511F53), p1 = (uint64_t)c[2][l] * UINT32_C(0xCD9E8D57);
        uint32_t c1 = c[1][l], c3 = c[3][l];
        c[0][l] = (uint32_t)(p1 >> 32) ^ c1 ^ k0;
        c[1][l] = (uint32_t)p1;
        c[2][l] = (uint32_t)(p0 >> 32) ^ c3 ^ k1;
        c[3][l] = (uint32_t)p0;
    }
}

static void philox_block(const leat_philox *p, size_t first, uint32_t out[LANES * 4])
{
    uint32_t c[4][LANES];
    for (int l = 0; l < LANES; l++) {
        uint64_t low = (uint64_t)p->counter[1] << 32 | p->counter[0],
                 high = (uint64_t)p->counter[3] << 32 | p->counter[2];
        uint64_t at = low + first + (uint64_t)l;
        high += at < low;
        c[0][l] = (uint32_t)at;
        c[1][l] = (uint32_t)(at >> 32);
        c[2][l] = (uint32_t)high;
        c[3][l] = (uint32_t)(high >> 32);
    }
    uint32_t k0 = p->key[0], k1 = p->key[1];
    for (int round = 0; round < 10; round++) {
        philox_round(c, k0, k1);
        k0 += UINT32_C(0x9E3779B9);
        k1 += UINT32_C(0xBB67AE85);
    }
    for (int l = 0; l < LANES; l++)
        for (int j = 0; j < 4; j++)
            out[4 * l + j] = c[j][l];
}

static void philox(const leat_philox *p, uint32_t *out, size_t n)
{
    size_t i = 0;
    for (; i + LANES <= n; i += LANES)
        philox_block(p, i, out + 4 * i);
    if (i < n) {
        uint32_t rest[LANES * 4];
        philox_block(p, i, rest);
        memcpy(out + 4 * i, rest, (n - i) * 4 * sizeof *out);
    }
}

static void uniform(void *x, size_t n)
{
    uint32_t *bits = x;
    float *out = x;
    IVDEP for (size_t i = 0; i < n; i++)
    {
        union {
            uint32_t u;
            float f;
        } v = {.u = UINT32_C(127) << 23 | (bits[i] & 0x7fffff)};
        out[i] = v.f - 1.0f;
    }
}
