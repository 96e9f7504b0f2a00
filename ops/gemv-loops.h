/* gemv-loops.h - matrix times vector, for one pair of types: T of the elements, A of the sums; nn-vector-body.h includes
 * it. Where A is wider than T, at most 8 products are added in T before they go to A.
 *
 * Both matrices are row-major and dense in their rows, which begin every `stride` elements. Eight lanes everywhere: rows of few
 * elements waste less of them, and the loops wait for memory anyway. BITS is an integer of T's size. */

typedef T GEMV(vec) __attribute__((vector_size(8 * sizeof(T)), aligned(sizeof(T)), may_alias));
typedef A GEMV(sum) __attribute__((vector_size(8 * sizeof(A)), aligned(sizeof(A)), may_alias));
typedef BITS GEMV(mask) __attribute__((vector_size(8 * sizeof(T)), aligned(sizeof(T)), may_alias));

/* The sums of the lanes of eight vectors. */
static inline void GEMV(reduce8)(const GEMV(sum) v[8], GEMV(sum) * out)
{
    GEMV(sum) pair[4], quad[2];
    UNROLL
    for (int i = 0; i < 4; i++)
        pair[i] = __builtin_shufflevector(v[2 * i], v[2 * i + 1], 0, 9, 2, 11, 4, 13, 6, 15) +
                  __builtin_shufflevector(v[2 * i], v[2 * i + 1], 1, 8, 3, 10, 5, 12, 7, 14);
    UNROLL
    for (int i = 0; i < 2; i++)
        quad[i] = __builtin_shufflevector(pair[2 * i], pair[2 * i + 1], 0, 1, 10, 11, 4, 5, 14, 15) +
                  __builtin_shufflevector(pair[2 * i], pair[2 * i + 1], 2, 3, 8, 9, 6, 7, 12, 13);
    *out = __builtin_shufflevector(quad[0], quad[1], 0, 1, 2, 3, 12, 13, 14, 15) +
           __builtin_shufflevector(quad[0], quad[1], 4, 5, 6, 7, 8, 9, 10, 11);
}

/* Eight rows times x: out[r] = sum of a[r * stride + k] * x[k]. */
static inline void GEMV(dot8)(const T *a, size_t stride, const T *x, size_t k, GEMV(sum) * out)
{
    GEMV(sum) sum[8];
    GEMV(vec) part[8];
    size_t i = 0;
    UNROLL
    for (int r = 0; r < 8; r++)
        sum[r] = (GEMV(sum)){0};
    while (i + 8 <= k) {
        size_t stop = sizeof(A) == sizeof(T) || i + 64 >= k ? k : i + 64;
        UNROLL
        for (int r = 0; r < 8; r++)
            part[r] = (GEMV(vec)){0};
        for (; i + 8 <= stop; i += 8) {
            const GEMV(vec) xv = *(const GEMV(vec) *)(x + i);
            UNROLL
            for (int r = 0; r < 8; r++)
                part[r] += *(const GEMV(vec) *)(a + (size_t)r * stride + i) * xv;
        }
        UNROLL
        for (int r = 0; r < 8; r++)
            sum[r] += __builtin_convertvector(part[r], GEMV(sum));
    }
    GEMV(reduce8)(sum, out);
    for (; i < k; i++)
        for (int r = 0; r < 8; r++)
            (*out)[r] += (A)a[(size_t)r * stride + i] * (A)x[i];
}

/* Rows of k < 32 elements: `full` whole vectors (a constant where this is inlined) and a rest, which is read on into the next
 * row and cut off by a mask; so the last rows are not for it. Returns the rows done. */
static inline __attribute__((always_inline)) size_t GEMV(few)(const T *a, size_t stride, const T *x,
                                                              size_t rows, size_t k, T *y, const int full)
{
    GEMV(vec) xv[4], part[8];
    GEMV(sum) sum[8], out;
    GEMV(mask) mask;
    size_t r = 0, readable = (rows - 1) * stride + k, rest = k - (size_t)full * 8;
    memset(xv, 0, sizeof xv);
    memcpy(xv, x, k * sizeof *x);
    for (size_t l = 0; l < 8; l++)
        mask[l] = l < rest ? -1 : 0;
    for (; r + 8 <= rows && (r + 7) * stride + (size_t)full * 8 + 8 <= readable; r += 8) {
        const T *p = a + r * stride;
        UNROLL
        for (int i = 0; i < 8; i++) {
            const T *row = p + (size_t)i * stride;
            part[i] = (GEMV(vec))(*(const GEMV(mask) *)(const void *)(row + full * 8) & mask) * xv[full];
            UNROLL
            for (int j = 0; j < full; j++)
                part[i] += *(const GEMV(vec) *)(row + 8 * j) * xv[j];
            sum[i] = __builtin_convertvector(part[i], GEMV(sum));
        }
        GEMV(reduce8)(sum, &out);
        *(GEMV(vec) *)(y + r) = __builtin_convertvector(out, GEMV(vec));
    }
    return r;
}

/* y[r] = row r of a times x, for `rows` rows of k elements. */
static void GEMV(rows)(const void *a_, size_t stride, const void *x_, size_t rows, size_t k, void *y_)
{
    const T *a = a_, *x = x_;
    T *y = y_;
    GEMV(sum) out;
    size_t r = 0;
    if (rows >= 16 && k < 32)
        switch (k / 8) {
        case 0: r = GEMV(few)(a, stride, x, rows, k, y, 0); break;
        case 1: r = GEMV(few)(a, stride, x, rows, k, y, 1); break;
        case 2: r = GEMV(few)(a, stride, x, rows, k, y, 2); break;
        default: r = GEMV(few)(a, stride, x, rows, k, y, 3); break;
        }
    for (; r + 8 <= rows; r += 8) {
        GEMV(dot8)(a + r * stride, stride, x, k, &out);
        *(GEMV(vec) *)(y + r) = __builtin_convertvector(out, GEMV(vec));
    }
    for (; r < rows; r++) { /* eight times the one row */
        GEMV(dot8)(a + r * stride, 0, x, k, &out);
        y[r] = (T)out[0];
    }
}

/* y[c] += sum over rows of a[row * stride + c] * v[row]. */
static void GEMV(columns)(const void *a_, size_t stride, const void *v_, size_t rows, size_t columns,
                          void *y_)
{
    const T *a = a_, *v = v_;
    A *y = y_;
    size_t r = 0;
    for (; r + 8 <= rows; r += 8) {
        const T *p = a + r * stride, *w = v + r;
        IVDEP for (size_t c = 0; c < columns; c++)
        {
            T even =
                p[c] * w[0] + p[2 * stride + c] * w[2] + p[4 * stride + c] * w[4] + p[6 * stride + c] * w[6];
            T odd = p[stride + c] * w[1] + p[3 * stride + c] * w[3] + p[5 * stride + c] * w[5] +
                    p[7 * stride + c] * w[7];
            y[c] += (A)(even + odd);
        }
    }
    for (; r < rows; r++)
        IVDEP for (size_t c = 0; c < columns; c++) y[c] += (A)(a[r * stride + c] * v[r]);
}

#ifdef FLAT_LANES
/* `columns` for dense rows of few elements (at most FLAT_MAX): FLAT_LANES rows are as many vectors as a row has elements;
 * each is multiplied by the v of its lanes' rows. Lane by lane, the sums belong to one column each. */
typedef T GEMV(wide) __attribute__((vector_size(FLAT_LANES * sizeof(T)), aligned(sizeof(T)), may_alias));
typedef A GEMV(wide_sum) __attribute__((vector_size(FLAT_LANES * sizeof(A)), aligned(sizeof(A)), may_alias));

static inline void GEMV(flat_blocks)(const T *a, const T *v, size_t blocks, const int columns, A *lanes)
{
    GEMV(wide_sum) sum[FLAT_MAX];
    GEMV(wide) part[FLAT_MAX];
    FLAT_INDEX row_of[FLAT_MAX];
    for (int c = 0; c < columns; c++)
        for (int l = 0; l < FLAT_LANES; l++)
            row_of[c][l] = (c * FLAT_LANES + l) / columns;
    memset(sum, 0, sizeof sum);
    for (size_t b = 0; b < blocks;) {
        size_t stop = sizeof(A) == sizeof(T) ? blocks : b + 8 < blocks ? b + 8 : blocks;
        UNROLL
        for (int c = 0; c < columns; c++)
            part[c] = (GEMV(wide)){0};
        for (; b < stop; b++) {
            const GEMV(wide) w = *(const GEMV(wide) *)(v + b * FLAT_LANES);
            const T *p = a + b * FLAT_LANES * (size_t)columns;
            UNROLL
            for (int c = 0; c < columns; c++)
                part[c] += *(const GEMV(wide) *)(p + c * FLAT_LANES) * FLAT_PERMUTE(w, row_of[c]);
        }
        UNROLL
        for (int c = 0; c < columns; c++)
            sum[c] += __builtin_convertvector(part[c], GEMV(wide_sum));
    }
    memcpy(lanes, sum, (size_t)columns * sizeof sum[0]);
}

static void GEMV(flat)(const T *a, const T *v, size_t rows, size_t columns, A *y)
{
    A lanes[FLAT_MAX * FLAT_LANES];
    size_t blocks = rows / FLAT_LANES, done = blocks * FLAT_LANES;
    switch (columns) { /* constant counts keep the sums in registers */
#define FLAT_CASE(n_)                                                                                        \
    case n_: GEMV(flat_blocks)(a, v, blocks, n_, lanes); break;
        FLAT_CASE(1)
        FLAT_CASE(2)
        FLAT_CASE(3)
        FLAT_CASE(4)
        FLAT_CASE(5)
        FLAT_CASE(6)
        FLAT_CASE(7)
        FLAT_CASE(8)
        FLAT_CASE(9)
        FLAT_CASE(10)
#undef FLAT_CASE
    }
    for (size_t i = 0; i < columns * FLAT_LANES; i++)
        y[i % columns] += lanes[i];
    GEMV(columns)(a + done * columns, columns, v + done, rows - done, columns, y);
}
#endif

static void GEMV(columns_any)(const void *a, size_t stride, const void *v, size_t rows, size_t columns,
                              void *y)
{
#ifdef FLAT_LANES
    if (stride == columns && columns <= FLAT_MAX && rows >= 4 * FLAT_LANES) {
        GEMV(flat)(a, v, rows, columns, y);
        return;
    }
#endif
    GEMV(columns)(a, stride, v, rows, columns, y);
}
