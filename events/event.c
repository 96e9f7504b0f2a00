#include "config.h"
#include "event-private.h"

void leat_put_event_head(leat_buf *b, double wall_time, int64_t step)
{
    leat_put_double(b, LEAT_EVENT_WALL_TIME, wall_time);
    if (step != 0)
        leat_put_uint(b, LEAT_EVENT_STEP, (uint64_t)step);
}

void leat_put_plugin_metadata(leat_buf *b, const char *plugin)
{
    size_t metadata = leat_put_begin(b, LEAT_VALUE_METADATA);
    size_t data = leat_put_begin(b, 1);
    leat_put_string(b, 1, plugin);
    leat_put_end(b, data);
    leat_put_end(b, metadata);
}

void leat_put_histogram(leat_buf *b, uint32_t number, const leat_histogram_sums *sums, const double *limits,
                        const double *counts, size_t n)
{
    size_t histogram = leat_put_begin(b, number);
    leat_put_double(b, 1, sums->min);
    leat_put_double(b, 2, sums->max);
    leat_put_double(b, 3, sums->num);
    leat_put_double(b, 4, sums->sum);
    leat_put_double(b, 5, sums->sum_squares);
    leat_put_bytes(b, 6, limits, n * sizeof *limits);
    leat_put_bytes(b, 7, counts, n * sizeof *counts);
    leat_put_end(b, histogram);
}
