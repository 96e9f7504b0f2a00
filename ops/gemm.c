/* gemm.c - which library or loop computes a matrix product, and in which tiles.
 *
 * float goes to oneDNN, double to OpenBLAS, products with a vector to our own loops, since both libraries are far from
 * the memory's speed there. Tiles are blocks of rows or columns of the result, or, where the sum is long and the result
 * small, up to 8 ranges of the sum, whose partial results are added in order: so the bits are the same on any number of
 * threads. Long sums of small float results are carried in double. */
#include "config.h"
#include <oneapi/dnnl/dnnl.h>
#ifdef HAVE_CBLAS_H
#include <cblas.h>
#else
#include <openblas/cblas.h>
#endif
#include "ops/gemm-private.h"
#include "ops/nn-vector-private.h"
#include "ops/signals-private.h"

enum { MAX_TILES = 8, WIDE_K = 4096, WIDE_RESULT = 4096 };
#define TILE_FLOPS 3e6        /* of a tile: some 30 us */
#define TILE_BYTES (96 << 10) /* of a product with a vector */

static size_t element_bytes(const leat_gemm *g)
{
    return leat_dtype_bytes(g->dtype);
}

/* float sums of such length into so small a result are carried in double. */
static bool is_wide(const leat_gemm *g)
{
    return g->dtype == LEAT_FLOAT && g->k >= WIDE_K && g->m * g->n <= WIDE_RESULT;
}

/* ---- matrix times vector ---- */

/* op(a) x or its mirror image: `rows` x `columns` stored, times a vector along the columns (rows of the matrix are
 * multiplied) or along the rows (its columns are summed). */
typedef struct gemv {
    const char *matrix, *vector;
    char *out;
    int64_t rows, columns;
    bool along_rows; /* out has `columns` elements */
    int type;        /* LEAT_GEMV_* */
    size_t bytes;    /* of an element */
    int64_t tiles;
    double *partial; /* along_rows with several tiles: tiles x columns sums */
} gemv;

static bool gemv_of(const leat_gemm *g, gemv *v)
{
    bool floating = g->dtype == LEAT_FLOAT || g->dtype == LEAT_DOUBLE;
    if (!floating || (g->n != 1 && g->m != 1))
        return false;
    *v = (gemv){.out = g->c, .bytes = element_bytes(g)};
    v->type = g->dtype == LEAT_DOUBLE ? LEAT_GEMV_F64 : is_wide(g) ? LEAT_GEMV_F32_WIDE : LEAT_GEMV_F32;
    bool by_b = g->n == 1;
    v->matrix = by_b ? g->a : g->b;
    v->vector = by_b ? g->b : g->a;
    v->along_rows = by_b ? g->transpose_a : !g->transpose_b;
    int64_t outer = by_b ? g->m : g->n;
    v->rows = v->along_rows ? g->k : outer;
    v->columns = v->along_rows ? outer : g->k;
    return true;
}

static size_t sum_bytes(const gemv *v)
{
    return v->type == LEAT_GEMV_F32 ? sizeof(float) : sizeof(double);
}

static int64_t gemv_begin(const gemv *v, int64_t tile)
{
    return tile >= v->tiles ? v->rows : tile * (v->rows / v->tiles / 128 * 128);
}

static void gemv_tile(size_t tile, void *arg)
{
    const gemv *v = arg;
    const leat_nn_vector *nn = leat_nn_vector_get();
    int64_t begin = gemv_begin(v, (int64_t)tile), rows = gemv_begin(v, (int64_t)tile + 1) - begin;
    const char *matrix = v->matrix + (size_t)(begin * v->columns) * v->bytes;
    size_t columns = (size_t)v->columns;
    if (v->along_rows) {
        char *sums = (char *)v->partial + tile * columns * sum_bytes(v);
        memset(sums, 0, columns * sum_bytes(v));
        nn->gemv_columns[v->type](matrix, columns, v->vector + (size_t)begin * v->bytes, (size_t)rows,
                                  columns, sums);
    } else {
        nn->gemv_rows[v->type](matrix, columns, v->vector, (size_t)rows, columns,
                               v->out + (size_t)begin * v->bytes);
    }
}

static void add_partials(const gemv *v)
{
    size_t columns = (size_t)v->columns;
    for (size_t c = 0; c < columns; c++) {
        if (v->type == LEAT_GEMV_F32) {
            const float *p = (const float *)v->partial + c;
            float sum = p[0];
            for (int64_t t = 1; t < v->tiles; t++)
                sum += p[(size_t)t * columns];
            ((float *)v->out)[c] = sum;
        } else {
            double sum = v->partial[c];
            for (int64_t t = 1; t < v->tiles; t++)
                sum += v->partial[(size_t)t * columns + c];
            if (v->bytes == sizeof(double))
                ((double *)v->out)[c] = sum;
            else
                ((float *)v->out)[c] = (float)sum;
        }
    }
}

static leat_status run_gemv(leat_kernel *k, gemv *v)
{
    int64_t bytes = v->rows * v->columns * (int64_t)v->bytes;
    leat_kernel_ran(k, "vector");
    v->tiles = LEAT_MAX(1, LEAT_MIN(LEAT_MIN(bytes / TILE_BYTES, MAX_TILES), v->rows / 256));
    if (v->along_rows) {
        size_t size = (size_t)(v->tiles * v->columns) * sum_bytes(v);
        v->partial = leat_scratch(k, size);
        if (v->partial == NULL)
            return leat_kernel_fail(k, LEAT_ERR_NO_MEMORY, "no memory for %zu bytes of sums", size);
    }
    if (v->tiles > 1)
        leat_tiles(k, (size_t)v->tiles, gemv_tile, v);
    else
        gemv_tile(0, v);
    if (v->along_rows)
        add_partials(v);
    return LEAT_OK;
}

/* ---- blocks by the libraries ---- */

static void sgemm(const leat_gemm *g, int64_t lda, int64_t ldb, int64_t ldc, float beta)
{
    /* Short sums have their buffer on the stack, and no time for two system calls. */
    bool hold = g->k > 32;
    sigset_t signals = {0};
    if (hold)
        signals = leat_signals_hold();
    /* fails only for arguments that cannot be: the sizes are checked and positive */
    (void)dnnl_sgemm(g->transpose_a ? 'T' : 'N', g->transpose_b ? 'T' : 'N', g->m, g->n, g->k, 1.0f, g->a,
                     lda, g->b, ldb, beta, g->c, ldc);
    if (hold)
        leat_signals_release(signals);
}

static void dgemm(const leat_gemm *g, int64_t lda, int64_t ldb, int64_t ldc, double beta)
{
    cblas_dgemm(CblasRowMajor, g->transpose_a ? CblasTrans : CblasNoTrans,
                g->transpose_b ? CblasTrans : CblasNoTrans, (int)g->m, (int)g->n, (int)g->k, 1.0, g->a,
                (int)lda, g->b, (int)ldb, beta, g->c, (int)ldc);
}

static void complex_gemm(const leat_gemm *g, int64_t lda, int64_t ldb, int64_t ldc, float beta)
{
    const float one_f[2] = {1, 0}, beta_f[2] = {beta, 0};
    const double one[2] = {1, 0}, beta_d[2] = {(double)beta, 0};
    CBLAS_TRANSPOSE turned = g->adjoint ? CblasConjTrans : CblasTrans,
                    ta = g->transpose_a ? turned : CblasNoTrans, tb = g->transpose_b ? turned : CblasNoTrans;
    if (g->dtype == LEAT_COMPLEX64)
        cblas_cgemm(CblasRowMajor, ta, tb, (int)g->m, (int)g->n, (int)g->k, one_f, g->a, (int)lda, g->b,
                    (int)ldb, beta_f, g->c, (int)ldc);
    else
        cblas_zgemm(CblasRowMajor, ta, tb, (int)g->m, (int)g->n, (int)g->k, one, g->a, (int)lda, g->b,
                    (int)ldb, beta_d, g->c, (int)ldc);
}

/* Rows m0..m1 and columns n0..n1 of the result. */
static void block(const leat_gemm *g, int64_t m0, int64_t m1, int64_t n0, int64_t n1)
{
    size_t bytes = element_bytes(g);
    int64_t lda = g->lda ? g->lda : g->transpose_a ? g->m : g->k, ldc = g->ldc ? g->ldc : g->n;
    int64_t ldb = g->ldb ? g->ldb : g->transpose_b ? g->k : g->n;
    leat_gemm part = *g;
    part.m = m1 - m0;
    part.n = n1 - n0;
    part.a = (const char *)g->a + (size_t)(g->transpose_a ? m0 : m0 * lda) * bytes;
    part.b = (const char *)g->b + (size_t)(g->transpose_b ? n0 * ldb : n0) * bytes;
    part.c = (char *)g->c + (size_t)(m0 * ldc + n0) * bytes;
    if (g->dtype == LEAT_FLOAT)
        sgemm(&part, lda, ldb, ldc, g->accumulate ? 1.0f : 0.0f);
    else if (leat_dtype_is_complex(g->dtype))
        complex_gemm(&part, lda, ldb, ldc, g->accumulate ? 1.0f : 0.0f);
    else
        dgemm(&part, lda, ldb, ldc, g->accumulate ? 1.0 : 0.0);
}

typedef struct blocks {
    const leat_gemm *g;
    int64_t tiles, step; /* rows or columns of a tile */
    bool by_columns;
} blocks;

static void blocks_tile(size_t tile, void *arg)
{
    const blocks *b = arg;
    int64_t all = b->by_columns ? b->g->n : b->g->m, begin = (int64_t)tile * b->step;
    int64_t end = LEAT_MIN(begin + b->step, all);
    if (b->by_columns)
        block(b->g, 0, b->g->m, begin, end);
    else
        block(b->g, begin, end, 0, b->g->n);
}

static void run_blocks(leat_kernel *k, const leat_gemm *g)
{
    double flops = 2.0 * (double)g->m * (double)g->n * (double)g->k;
    leat_kernel_ran(k, leat_gemm_library(g->dtype));
    int64_t most =
        (int64_t)LEAT_MIN(flops / (g->dtype == LEAT_FLOAT ? TILE_FLOPS : TILE_FLOPS / 2), MAX_TILES);
    blocks b = {.g = g, .by_columns = g->n > g->m};
    int64_t all = b.by_columns ? g->n : g->m,
            unit = b.by_columns ? 48 : 8; /* what oneDNN's kernel computes at once */
    most = LEAT_MAX(1, LEAT_MIN(most, all / unit));
    b.step = (all + most - 1) / most;
    b.step = (b.step + unit - 1) / unit * unit;
    b.tiles = (all + b.step - 1) / b.step;
    if (b.tiles > 1)
        leat_tiles(k, (size_t)b.tiles, blocks_tile, &b);
    else
        block(g, 0, g->m, 0, g->n);
}

/* ---- long sums in double ---- */

typedef struct wide {
    const leat_gemm *g;
    int64_t tiles, chunk; /* chunk: elements of the sum turned into double at once */
    double *partial;      /* tiles x m x n */
    atomic_bool *failed;
    leat_kernel *k;
} wide;

/* Rows r0..r1 and all columns of a rows x columns matrix, or its columns r0..r1, as dense doubles. */
static void widen(const float *from, int64_t stride, int64_t rows, int64_t columns, double *to)
{
    for (int64_t r = 0; r < rows; r++)
        for (int64_t c = 0; c < columns; c++)
            to[r * columns + c] = (double)from[r * stride + c];
}

static void wide_tile(size_t tile, void *arg)
{
    const wide *w = arg;
    const leat_gemm *g = w->g;
    double *c = w->partial + (int64_t)tile * g->m * g->n;
    double *room = leat_scratch(w->k, (size_t)((g->m + g->n) * w->chunk) * sizeof *room);
    if (room == NULL) {
        atomic_store_explicit(w->failed, true, memory_order_relaxed);
        return;
    }
    int64_t begin = g->k * (int64_t)tile / w->tiles, end = g->k * ((int64_t)tile + 1) / w->tiles;
    for (int64_t at = begin; at < end; at += w->chunk) {
        int64_t n = LEAT_MIN(w->chunk, end - at);
        leat_gemm part = {.dtype = LEAT_DOUBLE,
                          .transpose_a = g->transpose_a,
                          .transpose_b = g->transpose_b,
                          .m = g->m,
                          .n = g->n,
                          .k = n,
                          .a = room,
                          .b = room + g->m * n,
                          .c = c};
        const float *a = g->a, *b = g->b;
        if (g->transpose_a)
            widen(a + at * g->m, g->m, n, g->m, room);
        else
            widen(a + at, g->k, g->m, n, room);
        if (g->transpose_b)
            widen(b + at, g->k, g->n, n, room + g->m * n);
        else
            widen(b + at * g->n, g->n, n, g->n, room + g->m * n);
        dgemm(&part, g->transpose_a ? g->m : n, g->transpose_b ? n : g->n, g->n, at == begin ? 0.0 : 1.0);
    }
}

static leat_status run_wide(leat_kernel *k, const leat_gemm *g)
{
    atomic_bool failed = false;
    leat_kernel_ran(k, leat_gemm_library(LEAT_DOUBLE)); /* see wide_tile */
    double flops = 2.0 * (double)g->m * (double)g->n * (double)g->k;
    wide w = {.g = g, .failed = &failed, .k = k};
    w.tiles = LEAT_MAX(1, (int64_t)LEAT_MIN(flops / (TILE_FLOPS / 4), MAX_TILES));
    w.chunk = LEAT_MAX(16, LEAT_MIN(512, 65536 / (g->m + g->n)));
    size_t result = (size_t)(g->m * g->n);
    /* not scratch memory: the tiles use that */
    w.partial = leat_alloc_aligned((size_t)w.tiles * result * sizeof *w.partial);
    if (w.partial == NULL)
        return leat_kernel_fail(k, LEAT_ERR_NO_MEMORY, "no memory for partial sums");
    leat_tiles(k, (size_t)w.tiles, wide_tile, &w);
    for (size_t i = 0; i < result; i++) {
        double sum = w.partial[i];
        for (int64_t t = 1; t < w.tiles; t++)
            sum += w.partial[(size_t)t * result + i];
        ((float *)g->c)[i] = (float)sum;
    }
    leat_free_aligned(w.partial);
    if (atomic_load_explicit(&failed, memory_order_relaxed))
        return leat_kernel_fail(k, LEAT_ERR_NO_MEMORY, "no memory for partial sums");
    return LEAT_OK;
}

/* ---- integers ---- */

/* Rows begin..end of the result; sums wrap, since they are computed unsigned. */
#define INT_ROWS(name_, type_, wide_)                                                                        \
    static void name_(const leat_gemm *g, int64_t begin, int64_t end)                                        \
    {                                                                                                        \
        int64_t lda = g->lda ? g->lda : g->transpose_a ? g->m : g->k, ldc = g->ldc ? g->ldc : g->n;          \
        int64_t ldb = g->ldb ? g->ldb : g->transpose_b ? g->k : g->n;                                        \
        const type_ *a = g->a, *b = g->b;                                                                    \
        for (int64_t i = begin; i < end; i++) {                                                              \
            type_ *c = (type_ *)g->c + i * ldc;                                                              \
            if (!g->accumulate)                                                                              \
                memset(c, 0, (size_t)g->n * sizeof *c);                                                      \
            for (int64_t p = 0; p < g->k; p++) {                                                             \
                wide_ x = g->transpose_a ? a[p * lda + i] : a[i * lda + p];                                  \
                if (g->transpose_b)                                                                          \
                    for (int64_t j = 0; j < g->n; j++)                                                       \
                        c[j] = (type_)(c[j] + x * b[j * ldb + p]);                                           \
                else                                                                                         \
                    for (int64_t j = 0; j < g->n; j++)                                                       \
                        c[j] = (type_)(c[j] + x * b[p * ldb + j]);                                           \
            }                                                                                                \
        }                                                                                                    \
    }
INT_ROWS(int_rows_8, uint8_t, uint32_t)
INT_ROWS(int_rows_16, uint16_t, uint32_t)
INT_ROWS(int_rows_32, uint32_t, uint32_t)
INT_ROWS(int_rows_64, uint64_t, uint64_t)

static void int_rows(const leat_gemm *g, int64_t begin, int64_t end)
{
    switch (element_bytes(g)) {
    case 1: int_rows_8(g, begin, end); break;
    case 2: int_rows_16(g, begin, end); break;
    case 4: int_rows_32(g, begin, end); break;
    default: int_rows_64(g, begin, end); break;
    }
}

static void int_range(int64_t begin, int64_t end, void *arg)
{
    int_rows(arg, begin, end);
}

/* ---- half and bfloat16: by float ---- */

static leat_status run_16(leat_kernel *k, const leat_gemm *g)
{
    size_t na = (size_t)(g->m * g->k), nb = (size_t)(g->k * g->n), nc = (size_t)(g->m * g->n);
    float *room = leat_alloc_aligned((na + nb + nc) * sizeof *room);
    if (room == NULL)
        return leat_kernel_fail(k, LEAT_ERR_NO_MEMORY, "no memory for %zu floats", na + nb + nc);
    leat_gemm as_float = *g;
    as_float.dtype = LEAT_FLOAT;
    as_float.a = room;
    as_float.b = room + na;
    as_float.c = room + na + nb;
    leat_floats_from_16(g->dtype, room, g->a, na);
    leat_floats_from_16(g->dtype, room + na, g->b, nb);
    leat_status status = leat_gemm_run(k, &as_float);
    if (status == LEAT_OK)
        leat_floats_to_16(g->dtype, g->c, as_float.c, nc);
    leat_free_aligned(room);
    return status;
}

/* ---- entries ---- */

const char *leat_gemm_library(leat_dtype dtype)
{
    return dtype == LEAT_FLOAT                                             ? "onednn"
           : leat_dtype_is_floating(dtype) || leat_dtype_is_complex(dtype) ? "blas"
                                                                           : "reference";
}

void leat_gemm_serial(const leat_gemm *g)
{
    if (g->m == 0 || g->n == 0)
        return;
    if (g->k == 0) {
        for (int64_t i = 0; i < g->m && !g->accumulate; i++)
            memset((char *)g->c + (size_t)(i * (g->ldc ? g->ldc : g->n)) * element_bytes(g), 0,
                   (size_t)g->n * element_bytes(g));
    } else if (leat_dtype_is_integer(g->dtype)) {
        int_rows(g, 0, g->m);
    } else {
        block(g, 0, g->m, 0, g->n);
    }
}

leat_status leat_gemm_run(leat_kernel *k, const leat_gemm *g)
{
    gemv v;
    if (g->m == 0 || g->n == 0 || g->k == 0) {
        leat_gemm_serial(g);
        return LEAT_OK;
    }
    if (g->m > INT32_MAX || g->n > INT32_MAX || g->k > INT32_MAX)
        return leat_kernel_fail(k, LEAT_ERR_UNIMPLEMENTED, "a matrix of more than 2^31 - 1 rows or columns");
    if (leat_dtype_is_integer(g->dtype)) {
        leat_kernel_ran(k, leat_gemm_library(g->dtype));
        int64_t grain = LEAT_MAX(1, 100000 / LEAT_MAX(1, g->n * g->k));
        leat_ranges(k, g->m, grain, int_range, (void *)(uintptr_t)g);
        return LEAT_OK;
    }
    if (leat_dtype_is_16bit_float(g->dtype))
        return run_16(k, g);
    if (gemv_of(g, &v))
        return run_gemv(k, &v);
    if (is_wide(g))
        return run_wide(k, g);
    run_blocks(k, g);
    return LEAT_OK;
}

/* ---- batches ---- */

typedef struct batch {
    const leat_gemm *g;
    const leat_gemm_offset *offsets;
} batch;

static leat_gemm product(const batch *b, int64_t i)
{
    leat_gemm g = *b->g;
    size_t bytes = element_bytes(&g);
    g.a = (const char *)g.a + (size_t)b->offsets[i].a * bytes;
    g.b = (const char *)g.b + (size_t)b->offsets[i].b * bytes;
    g.c = (char *)g.c + (size_t)b->offsets[i].c * bytes;
    return g;
}

static void batch_range(int64_t begin, int64_t end, void *arg)
{
    for (int64_t i = begin; i < end; i++) {
        leat_gemm g = product(arg, i);
        leat_gemm_serial(&g);
    }
}

leat_status leat_gemm_batch(leat_kernel *k, const leat_gemm *g, const leat_gemm_offset *offsets,
                            int64_t count)
{
    batch b = {g, offsets};
    double flops = 2.0 * (double)g->m * (double)g->n * (double)g->k;
    if (flops > 4 * TILE_FLOPS || leat_dtype_is_16bit_float(g->dtype)) {
        for (int64_t i = 0; i < count; i++) {
            leat_gemm one = product(&b, i);
            LEAT_TRY(leat_gemm_run(k, &one));
        }
        return LEAT_OK;
    }
    leat_kernel_ran(k, leat_gemm_library(g->dtype));
    leat_ranges(k, count, (int64_t)(TILE_FLOPS / LEAT_MAX(flops, 1000.0)) + 1, batch_range, &b);
    return LEAT_OK;
}
