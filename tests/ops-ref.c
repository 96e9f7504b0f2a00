/* ops-ref.c - reference functions of reductions and transposition: one loop over coordinates, sums in long double. */
#include "ops-rows.h"
#include <stdlib.h>

typedef long double step_fn(long double acc, double x);

static unsigned axes_mask(const leat_ref *r, int64_t n, int rank)
{
    unsigned mask = 0;
    for (int64_t i = 0; i < n; i++) {
        int axis = (int)r->in[1][i];
        mask |= 1U << (axis < 0 ? axis + rank : axis);
    }
    return mask;
}

static int64_t elements(const leat_shape *s)
{
    int64_t n = 1;
    for (int d = 0; d < leat_shape_rank(s); d++)
        n *= s->dims[d];
    return n;
}

/* Folds input 0 over the axes of input 1; returns how many elements each output has behind it. */
static int64_t fold(leat_ref *r, step_fn *step, long double start, long double *acc)
{
    const leat_shape *s = &r->in_shape[0];
    int rank = leat_shape_rank(s);
    unsigned mask = axes_mask(r, elements(&r->in_shape[1]), rank);
    int64_t n_out = elements(&r->out_shape[0]), count = 1;
    for (int d = 0; d < rank; d++)
        count *= mask >> d & 1 ? s->dims[d] : 1;
    for (int64_t i = 0; i < n_out; i++)
        acc[i] = start;
    for (int64_t i = 0; i < elements(s); i++) {
        int64_t left = i, to = 0, stride = 1;
        for (int d = rank - 1; d >= 0; d--) {
            if (!(mask >> d & 1)) {
                to += left % s->dims[d] * stride;
                stride *= s->dims[d];
            }
            left /= s->dims[d];
        }
        if (stride != n_out) {
            r->wrong_shape = true;
            return count;
        }
        acc[to] = step(acc[to], r->in[0][i]);
    }
    return count;
}

static void reduce(leat_ref *r, step_fn *step, long double start, int finish)
{
    int64_t n = elements(&r->out_shape[0]);
    long double *acc = malloc((size_t)(n + 1) * sizeof *acc);
    int64_t count = fold(r, step, start, acc);
    for (int64_t i = 0; i < n; i++)
        r->out[0][i] = (double)(finish == 1 ? acc[i] / count : finish == 2 ? sqrtl(acc[i]) : acc[i]);
    free(acc);
}

static long double add(long double acc, double x)
{
    return acc + x;
}
static long double multiply(long double acc, double x)
{
    return acc * x;
}
static long double larger(long double acc, double x)
{
    return x > acc ? x : acc;
}
static long double smaller(long double acc, double x)
{
    return x < acc ? x : acc;
}
static long double add_square(long double acc, double x)
{
    return acc + (long double)x * x;
}

void ref_sum(leat_ref *r)
{
    reduce(r, add, 0, 0);
}
void ref_mean(leat_ref *r)
{
    reduce(r, add, 0, 1);
}
void ref_prod(leat_ref *r)
{
    reduce(r, multiply, 1, 0);
}
void ref_max(leat_ref *r)
{
    reduce(r, larger, -INFINITY, 0);
}
void ref_min(leat_ref *r)
{
    reduce(r, smaller, INFINITY, 0);
}
void ref_euclidean_norm(leat_ref *r)
{
    reduce(r, add_square, 0, 2);
}

void ref_transpose(leat_ref *r)
{
    const leat_shape *s = &r->in_shape[0], *o = &r->out_shape[0];
    int rank = leat_shape_rank(s), perm[LEAT_MAX_RANK];
    for (int d = 0; d < rank; d++) {
        perm[d] = (int)r->in[1][d];
        r->wrong_shape |= o->dims[d] != s->dims[perm[d]];
    }
    for (int64_t i = 0; i < elements(s) && !r->wrong_shape; i++) {
        int64_t at[LEAT_MAX_RANK], left = i, to = 0;
        for (int d = rank - 1; d >= 0; d--) {
            at[d] = left % s->dims[d];
            left /= s->dims[d];
        }
        for (int d = 0; d < rank; d++)
            to = to * o->dims[d] + at[perm[d]];
        r->out[0][to] = r->in[0][i];
    }
}
