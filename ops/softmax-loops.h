/* softmax-loops.h - rows of logits, for one element type T, BITS an integer of its size; nn-vector-body.h includes it. Eight lanes of partial maxima and sums,
 * joined in a fixed order: the bits of a row depend on its length only. */

typedef T SOFTMAX(vec) __attribute__((vector_size(8 * sizeof(T)), aligned(sizeof(T)), may_alias));
typedef BITS SOFTMAX(mask) __attribute__((vector_size(8 * sizeof(T)), aligned(sizeof(T)), may_alias));

/* A NaN in the row makes the maximum NaN or is skipped: either way the row ends as NaN, by its exponential. */
static T SOFTMAX(row_max)(const T *x, size_t n)
{
    size_t i = 0;
    T top = x[0];
    if (n >= 8) {
        SOFTMAX(vec) m = *(const SOFTMAX(vec) *)x;
        for (i = 8; i + 8 <= n; i += 8) {
            SOFTMAX(vec) v = *(const SOFTMAX(vec) *)(x + i);
            SOFTMAX(mask) above = v > m;
            m = (SOFTMAX(vec))(((SOFTMAX(mask))v & above) | ((SOFTMAX(mask))m & ~above));
        }
        for (int l = 0; l < 8; l++)
            top = m[l] > top ? m[l] : top;
    }
    for (; i < n; i++)
        top = x[i] > top ? x[i] : top;
    return top;
}

static T SOFTMAX(row_sum)(const T *x, size_t n)
{
    size_t i = 0;
    T sum = 0;
    if (n >= 8) {
        SOFTMAX(vec) s = {0};
        for (; i + 8 <= n; i += 8)
            s += *(const SOFTMAX(vec) *)(x + i);
        sum = ((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7]));
    }
    for (; i < n; i++)
        sum += x[i];
    return sum;
}

/* out = x - top of its row; tops[row] = that. */
static void SOFTMAX(shift)(const void *x_, void *out_, void *tops_, size_t rows, size_t n)
{
    const T *x = x_;
    T *out = out_, *tops = tops_;
    for (size_t r = 0; r < rows; r++, x += n, out += n) {
        const T top = SOFTMAX(row_max)(x, n);
        tops[r] = top;
        IVDEP for (size_t i = 0; i < n; i++) out[i] = x[i] - top;
    }
}

/* sums[row] = sum of the row. */
static void SOFTMAX(sums)(const void *x_, void *sums_, size_t rows, size_t n)
{
    const T *x = x_;
    T *sums = sums_;
    for (size_t r = 0; r < rows; r++)
        sums[r] = SOFTMAX(row_sum)(x + r * n, n);
}

/* x[row] *= 1 / sums[row]. */
static void SOFTMAX(scale)(void *x_, const void *sums_, size_t rows, size_t n)
{
    T *x = x_;
    const T *sums = sums_;
    for (size_t r = 0; r < rows; r++, x += n) {
        const T factor = (T)1 / sums[r];
        IVDEP for (size_t i = 0; i < n; i++) x[i] *= factor;
    }
}

/* x[row] /= sums[row]; x[row] -= sums[row]. */
static void SOFTMAX(divide)(void *x_, const void *sums_, size_t rows, size_t n)
{
    T *x = x_;
    const T *sums = sums_;
    for (size_t r = 0; r < rows; r++, x += n)
        IVDEP for (size_t i = 0; i < n; i++) x[i] /= sums[r];
}

static void SOFTMAX(subtract)(void *x_, const void *sums_, size_t rows, size_t n)
{
    T *x = x_;
    const T *sums = sums_;
    for (size_t r = 0; r < rows; r++, x += n)
        IVDEP for (size_t i = 0; i < n; i++) x[i] -= sums[r];
}

/* sums[c] += the sum of column c. */
static void SOFTMAX(column_sums)(const void *x_, size_t rows, size_t n, double *sums)
{
    const T *x = x_;
    for (size_t r = 0; r < rows; r++, x += n)
        IVDEP for (size_t i = 0; i < n; i++) sums[i] += (double)x[i];
}
