/* The inner loops: elementary functions within 2 units in the last place over all floats, and the same bits under every
 * instruction set, at any position, in any length. */
#include "config.h"
#include "check.h"
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "ops/vector-private.h"

#define N 4099
#define STEP                                                                                                 \
    99991 /* between the bit patterns that are tried; prime, so that all exponents and mantissas come */

/* The sets that this machine can run. */
static int sets(const leat_vector **v)
{
    int n = 0;
    v[n++] = &leat_vector_base;
#ifdef LEAT_X86_VECTORS
    if (__builtin_cpu_supports("avx2"))
        v[n++] = &leat_vector_avx2;
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"))
        v[n++] = &leat_vector_avx512;
#endif
    return n;
}

static double sigmoid(double x)
{
    return x < 0 ? exp(x) / (1 + exp(x)) : 1 / (1 + exp(-x));
}
static double softplus(double x)
{
    return x > 40 ? x : log1p(exp(x));
}
static double elu(double x)
{
    return x < 0 ? expm1(x) : x;
}
static double selu(double x)
{
    return x < 0 ? expm1(x) * 1.7580993408473768599402175208123 : x * 1.0507009873554804934193349852946;
}
static double reciprocal(double x)
{
    return 1 / x;
}
static double rsqrt(double x)
{
    return 1 / sqrt(x);
}

static const struct {
    const char *name;
    int function;
    double (*exact)(double);
} functions[] = {
    {"exp", LEAT_VECTOR_EXP, exp},
    {"expm1", LEAT_VECTOR_EXPM1, expm1},
    {"log", LEAT_VECTOR_LOG, log},
    {"log1p", LEAT_VECTOR_LOG1P, log1p},
    {"tanh", LEAT_VECTOR_TANH, tanh},
    {"sigmoid", LEAT_VECTOR_SIGMOID, sigmoid},
    {"sin", LEAT_VECTOR_SIN, sin},
    {"cos", LEAT_VECTOR_COS, cos},
    {"erf", LEAT_VECTOR_ERF, erf},
    {"softplus", LEAT_VECTOR_SOFTPLUS, softplus},
    {"elu", LEAT_VECTOR_ELU, elu},
    {"selu", LEAT_VECTOR_SELU, selu},
    {"sqrt", LEAT_VECTOR_SQRT, sqrt},
    {"rsqrt", LEAT_VECTOR_RSQRT, rsqrt},
    {"reciprocal", LEAT_VECTOR_RECIPROCAL, reciprocal},
};
#define FUNCTIONS (sizeof functions / sizeof functions[0])

static size_t next_floats(uint64_t *bits, float *x)
{
    size_t n = 0;
    for (; n < N && *bits <= UINT32_MAX; n++, *bits += STEP) {
        uint32_t b = (uint32_t)*bits;
        memcpy(&x[n], &b, sizeof b);
    }
    return n;
}

/* In units of the last place of the exact value. */
static double error_of(float got, double exact)
{
    float rounded = (float)exact;
    int e;
    if (isnan(rounded) || isnan(got))
        return isnan(rounded) && isnan(got) ? 0 : INFINITY;
    if (isinf(rounded) || isinf(got))
        return got == rounded || (isinf(rounded) && fabsf(got) >= 0x1.fffffcp+127f) ? 0 : INFINITY;
    frexp(exact, &e);
    return fabs((double)got - exact) / (fabs(exact) < 0x1p-126 ? 0x1p-149 : ldexp(1, e - 24));
}

LEAT_TEST(vector_functions_are_within_two_ulp)
{
    static float x[N], y[N];
    for (size_t f = 0; f < FUNCTIONS; f++) {
        double worst = 0;
        float at = 0;
        uint64_t bits = 0;
        for (size_t n; (n = next_floats(&bits, x)) > 0;) {
            leat_vector_base.float1[functions[f].function][LEAT_VECTOR_F32](x, y, n);
            for (size_t i = 0; i < n; i++) {
                double e = error_of(y[i], functions[f].exact((double)x[i]));
                if (e > worst) {
                    worst = e;
                    at = x[i];
                }
            }
        }
        if (worst > 2)
            printf("%s(%.9g) is %.3g ulp off ", functions[f].name, (double)at, worst);
        CHECK(worst <= 2);
    }
}

static int same_float(float a, float b)
{
    return memcmp(&a, &b, sizeof a) == 0 || (isnan(a) && isnan(b));
}

LEAT_TEST(vector_functions_have_the_same_bits_under_every_instruction_set)
{
    static float x[N], y[N], z[N];
    const leat_vector *v[3];
    int n_sets = sets(v);
    for (int f = 0; f < LEAT_VECTOR_FLOAT1_COUNT; f++) {
        uint64_t bits = (uint64_t)f;
        size_t different = 0;
        for (size_t n; (n = next_floats(&bits, x)) > 0;) {
            v[0]->float1[f][LEAT_VECTOR_F32](x, y, n);
            for (int s = 1; s < n_sets; s++) {
                v[s]->float1[f][LEAT_VECTOR_F32](x, z, n);
                for (size_t i = 0; i < n; i++)
                    different += !same_float(y[i], z[i]);
            }
        }
        CHECK(different == 0);
    }
}

LEAT_TEST(vector_reductions_have_the_same_bits_under_every_instruction_set)
{
    static float x[N];
    static double d[N];
    const leat_vector *v[3];
    int n_sets = sets(v);
    for (size_t i = 0; i < N; i++)
        d[i] = x[i] = (float)sin((double)i) * (float)(i % 97);
    for (int r = 0; r < LEAT_REDUCE_COUNT; r++)
        for (size_t n = 0; n < N; n = n * 2 + 7)
            for (int s = 1; s < n_sets; s++) {
                CHECK(v[0]->reduce_row[r][0](x, n) == v[s]->reduce_row[r][0](x, n));
                CHECK(v[0]->reduce_row[r][1](d, n) == v[s]->reduce_row[r][1](d, n));
            }
}

/* Each value must be what it is alone, wherever it stands and however long the array is; in place as well. */
LEAT_TEST(vector_values_do_not_depend_on_their_place)
{
    static float in[200], want[200], got[200];
    const leat_vector *v[3];
    int n_sets = sets(v);
    for (size_t i = 0; i < 200; i++)
        in[i] = (float)((double)i - 100) * 0.17f;
    for (int s = 0; s < n_sets; s++)
        for (int f = 0; f < LEAT_VECTOR_FLOAT1_COUNT; f++) {
            leat_loop1 *loop = v[s]->float1[f][LEAT_VECTOR_F32];
            size_t wrong = 0;
            for (size_t i = 0; i < 200; i++)
                loop(&in[i], &want[i], 1);
            for (size_t begin = 0; begin < 40; begin++)
                for (size_t n = 0; n < 80; n += 1 + n / 20) {
                    memcpy(got, in, sizeof got);
                    loop(got + begin, got + begin, n);
                    for (size_t i = 0; i < 200; i++)
                        wrong += !same_float(got[i], i >= begin && i < begin + n ? want[i] : in[i]);
                }
            CHECK(wrong == 0);
        }
}

LEAT_TEST(vector_binary_modes_agree)
{
    enum { M = 67 };
    static float a[M], b[M], one[M], both[M], mode[M];
    const leat_vector *v[3];
    int n_sets = sets(v);
    for (size_t i = 0; i < M; i++) {
        a[i] = (float)((double)i - 30) * 0.37f;
        b[i] = (float)((double)i - 40) * 0.23f;
    }
    for (int s = 0; s < n_sets; s++)
        for (int f = 0; f < LEAT_VECTOR_FLOAT2_COUNT; f++)
            for (size_t k = 0; k < M; k += 13) {
                leat_loop2 *loop = v[s]->float2[f][LEAT_VECTOR_F32];
                for (size_t i = 0; i < M; i++)
                    one[i] = a[k];
                loop(one, b, both, M, LEAT_BOTH);
                loop(&a[k], b, mode, M, LEAT_A_SCALAR);
                for (size_t i = 0; i < M; i++)
                    CHECK(same_float(both[i], mode[i]));
                loop(b, one, both, M, LEAT_BOTH);
                loop(b, &a[k], mode, M, LEAT_B_SCALAR);
                for (size_t i = 0; i < M; i++)
                    CHECK(same_float(both[i], mode[i]));
            }
}

LEAT_TEST(vector_set_is_capped_by_the_environment)
{
    const leat_vector *v = leat_vector_get();
    const char *cap = getenv("LEAT_ISA");
    CHECK(v == leat_vector_get());
    if (cap != NULL && strcmp(cap, "base") == 0)
        CHECK_STR(v->name, "base");
    if (cap != NULL && strcmp(cap, "avx2") == 0)
        CHECK(strcmp(v->name, "avx512") != 0);
}
