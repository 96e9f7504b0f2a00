/* vector-reduce.h - sums and extremes of float and double; part of vector-body.h.
 *
 * The accumulators are doubles (of extremes: of the type, which loses nothing). A row is reduced in 16 lanes, whatever the
 * instruction set, so that the order of the operations depends on the length only; every 1,024 elements the lanes are emptied
 * into 16 others, which keeps the error of long rows of doubles small. Rows of up to 16 elements are taken one by one. */

#define REDUCE_LANES 16
#define REDUCE_BLOCK 1024

#define COMBINE_SUM(a_, v_) ((a_) + (v_))
#define COMBINE_PROD(a_, v_) ((a_) * (v_))
#define COMBINE_MAX(a_, v_) ((v_) > (a_) || (v_) != (v_) ? (v_) : (a_))
#define COMBINE_MIN(a_, v_) ((v_) < (a_) || (v_) != (v_) ? (v_) : (a_))
#define VALUE_OF(v_) (v_)
#define SQUARE_OF(v_) ((v_) * (v_))

/* name_##_ROW reduces n elements to one; name_##_COL reduces n elements into n accumulators. */
#define REDUCTION(t_, type_, acc_, name_, combine_, value_, identity_)                                       \
    static double t_##_ROW_##name_(const void *x_, size_t n)                                                 \
    {                                                                                                        \
        const type_ *x = x_;                                                                                 \
        acc_ sum[REDUCE_LANES], lane[REDUCE_LANES], one = identity_;                                         \
        if (n <= REDUCE_LANES) {                                                                             \
            for (size_t i = 0; i < n; i++) {                                                                 \
                const acc_ v = value_((acc_)x[i]);                                                           \
                one = combine_(one, v);                                                                      \
            }                                                                                                \
            return (double)one;                                                                              \
        }                                                                                                    \
        for (int j = 0; j < REDUCE_LANES; j++)                                                               \
            sum[j] = identity_;                                                                              \
        while (n > 0) {                                                                                      \
            size_t m = n < REDUCE_BLOCK ? n : REDUCE_BLOCK, i = 0;                                           \
            for (int j = 0; j < REDUCE_LANES; j++)                                                           \
                lane[j] = identity_;                                                                         \
            for (; i + REDUCE_LANES <= m; i += REDUCE_LANES)                                                 \
                for (int j = 0; j < REDUCE_LANES; j++) {                                                     \
                    const acc_ v = value_((acc_)x[i + (size_t)j]);                                           \
                    lane[j] = combine_(lane[j], v);                                                          \
                }                                                                                            \
            for (int j = 0; i < m; i++, j++) {                                                               \
                const acc_ v = value_((acc_)x[i]);                                                           \
                lane[j] = combine_(lane[j], v);                                                              \
            }                                                                                                \
            for (int j = 0; j < REDUCE_LANES; j++)                                                           \
                sum[j] = combine_(sum[j], lane[j]);                                                          \
            x += m;                                                                                          \
            n -= m;                                                                                          \
        }                                                                                                    \
        for (int half = REDUCE_LANES / 2; half > 0; half /= 2)                                               \
            for (int j = 0; j < half; j++)                                                                   \
                sum[j] = combine_(sum[j], sum[j + half]);                                                    \
        return (double)sum[0];                                                                               \
    }                                                                                                        \
    static void t_##_COL_##name_(const void *x_, size_t n, double *acc)                                      \
    {                                                                                                        \
        const type_ *x = x_;                                                                                 \
        IVDEP for (size_t i = 0; i < n; i++)                                                                 \
        {                                                                                                    \
            const double v = value_((double)x[i]);                                                           \
            acc[i] = combine_(acc[i], v);                                                                    \
        }                                                                                                    \
    }
#define REDUCTIONS(t_, type_)                                                                                \
    REDUCTION(t_, type_, double, SUM, COMBINE_SUM, VALUE_OF, 0.0)                                            \
    REDUCTION(t_, type_, double, PROD, COMBINE_PROD, VALUE_OF, 1.0)                                          \
    REDUCTION(t_, type_, type_, MAX, COMBINE_MAX, VALUE_OF, -(type_)INFINITY)                                \
    REDUCTION(t_, type_, type_, MIN, COMBINE_MIN, VALUE_OF, (type_)INFINITY)                                 \
    REDUCTION(t_, type_, double, SQUARES, COMBINE_SUM, SQUARE_OF, 0.0)
REDUCTIONS(f32, float)
REDUCTIONS(f64, double)
