/* norm-loops.h - batch normalisation by rows of channels, float; nn-vector-body.h includes it. */

/* sums[c] += (x - mean[c])^2 */
static void norm_squares(const float *x, const float *mean, size_t rows, size_t n, double *sums)
{
    for (size_t r = 0; r < rows; r++, x += n)
        IVDEP for (size_t c = 0; c < n; c++)
        {
            double d = (double)(x[c] - mean[c]);
            sums[c] += d * d;
        }
}

/* sums[c] += dy * (x - mean[c]) */
static void norm_dots(const float *dy, const float *x, const float *mean, size_t rows, size_t n, double *sums)
{
    for (size_t r = 0; r < rows; r++, x += n, dy += n)
        IVDEP for (size_t c = 0; c < n; c++) sums[c] += (double)dy[c] * (double)(x[c] - mean[c]);
}

/* y = (x - mean[c]) * factor[c] + offset[c] */
static void norm_affine(const float *x, const float *mean, const float *factor, const float *offset, float *y,
                        size_t rows, size_t n)
{
    for (size_t r = 0; r < rows; r++, x += n, y += n)
        IVDEP for (size_t c = 0; c < n; c++) y[c] = (x[c] - mean[c]) * factor[c] + offset[c];
}

/* dx = (dy - shift[c] - (x - mean[c]) * slope[c]) * factor[c] */
static void norm_backward(const float *dy, const float *x, const float *mean, const float *shift,
                          const float *slope, const float *factor, float *dx, size_t rows, size_t n)
{
    for (size_t r = 0; r < rows; r++, x += n, dy += n, dx += n)
        IVDEP for (size_t c = 0; c < n; c++) dx[c] =
            (dy[c] - shift[c] - (x[c] - mean[c]) * slope[c]) * factor[c];
}
