#include "config.h"
#include "merge-private.h"
#include "parallel-private.h"

/* Below so many points one thread is faster; below so many points of a series it saves memory. */
#define PARALLEL_POINTS 50000
#define POINTS_A_SERIES 16

/* Kept points of the run's old series `i`. */
static uint64_t count_old(const leat_merge *m, size_t i)
{
    const leat_log_run *run = &m->state->run;
    const leat_series *s = &run->series[i];
    if (m->old_threshold.step == LEAT_NO_THRESHOLD)
        return s->n;
    uint64_t n = 0;
    for (uint64_t at = s->first; at < s->first + s->n; at++)
        n += !leat_is_superseded(&m->old_threshold, run->step[at]);
    return n;
}

static leat_status count_points(leat_merge *m)
{
    bool overflow = false;
    for (size_t i = 0; i < m->n_series; i++)
        m->series[i].n = 0;
    for (size_t i = 0; i < m->state->run.n_series; i++) {
        uint32_t *n = &m->series[m->old_series[i]].n;
        overflow |= __builtin_add_overflow(*n, count_old(m, i), n);
    }
    for (size_t k = 0; k < m->n_chunks; k++)
        for (size_t i = 0; i < m->chunks[k].n_series; i++) {
            uint32_t *n = &m->series[m->chunks[k].run_series[i]].n;
            overflow |= __builtin_add_overflow(*n, m->chunks[k].counts[i], n);
        }
    return overflow ? leat_fail(LEAT_ERR_OUT_OF_RANGE, "too many points of a tag") : LEAT_OK;
}

static void lay_out(leat_merge *m)
{
    for (int numbers = 1; numbers >= 0; numbers--) {
        for (size_t i = 0; i < m->n_series; i++)
            if (m->series[i].has_numbers == (bool)numbers) {
                m->series[i].first = m->n_points;
                m->n_points += m->series[i].n;
            }
        if (numbers)
            m->n_numbers = m->n_points;
    }
}

static leat_status allocate(leat_merge *m)
{
    size_t n = (size_t)m->n_points, numbers = (size_t)m->n_numbers;
    m->step = leat_realloc_array(NULL, n, sizeof *m->step);
    m->wall_time = leat_realloc_array(NULL, n, sizeof *m->wall_time);
    m->value = leat_realloc_array(NULL, numbers, sizeof *m->value);
    m->blob = leat_realloc_array(NULL, n - numbers, sizeof *m->blob);
    if (m->step == NULL || m->wall_time == NULL || m->value == NULL || m->blob == NULL)
        return leat_fail_memory(n * 24);
    return LEAT_OK;
}

static void copy_old(leat_merge *m)
{
    const leat_log_run *run = &m->state->run;
    for (size_t i = 0; i < run->n_series; i++) {
        const leat_series *s = &run->series[i];
        leat_series *new = &m->series[m->old_series[i]];
        for (uint64_t from = s->first; from < s->first + s->n; from++) {
            if (leat_is_superseded(&m->old_threshold, run->step[from]))
                continue;
            uint64_t to = new->first++;
            m->step[to] = run->step[from];
            m->wall_time[to] = run->wall_time[from];
            if (s->has_numbers)
                m->value[to] = run->value[from];
            else
                m->blob[to - m->n_numbers] = run->blob[from - run->n_numbers];
        }
    }
}

/* Gives every chunk its places, so that the chunks can be scattered at the same time. */
static leat_status place_chunks(leat_merge *m)
{
    struct {
        uint32_t chunk, series;
    } *seen = leat_alloc_zero(m->n_series, sizeof *seen);
    leat_status status = seen != NULL ? LEAT_OK : leat_fail_memory(m->n_series * sizeof *seen);
    for (size_t k = 0; k < m->n_chunks && status == LEAT_OK; k++) {
        leat_chunk *c = &m->chunks[k];
        c->cursors = leat_realloc_array(NULL, c->n_series, sizeof *c->cursors);
        if (c->cursors == NULL)
            status = leat_fail_memory(c->n_series * sizeof *c->cursors);
        for (size_t i = 0; i < c->n_series && status == LEAT_OK; i++) {
            uint32_t series = c->run_series[i];
            if (seen[series].chunk != k + 1) {
                seen[series].chunk = (uint32_t)k + 1;
                seen[series].series = (uint32_t)i;
                c->cursors[i] = m->series[series].first;
            }
            c->run_series[i] = seen[series].series;
            m->series[series].first += c->counts[i];
        }
    }
    leat_free(seen);
    return status;
}

static void free_counts(leat_merge *m)
{
    for (size_t k = 0; k < m->n_chunks; k++) {
        leat_free(m->chunks[k].counts);
        m->chunks[k].counts = NULL;
    }
}

static void free_values(leat_chunk *c)
{
    leat_free(c->entry_value);
    leat_free(c->blobs);
    c->entry_value = NULL;
    c->blobs = NULL;
}

static void free_events(leat_chunk *c)
{
    leat_free(c->run_series);
    leat_free(c->cursors);
    leat_free(c->event_step);
    leat_free(c->event_wall);
    leat_free(c->event_entries);
    leat_free(c->entry_series);
    c->run_series = c->event_entries = c->entry_series = NULL;
    c->cursors = NULL;
    c->event_step = NULL;
    c->event_wall = NULL;
}

/* Where the next point of the entry's series goes. */
static inline uint64_t next_position(leat_merge *m, const leat_chunk *c, size_t entry)
{
    uint32_t series = c->run_series[c->entry_series[entry]];
    return c->cursors != NULL ? c->cursors[series]++ : m->series[series].first++;
}

static inline void put_value(leat_merge *m, const leat_chunk *c, size_t entry, uint64_t position)
{
    if (position < m->n_numbers)
        m->value[position] = c->entry_value[entry];
    else
        m->blob[position - m->n_numbers] = c->blobs[(size_t)c->entry_value[entry]];
}

/* Fills the columns that are wanted with what the chunk adds to them. */
static inline void fill(leat_merge *m, leat_chunk *c, bool times, bool values)
{
    size_t entry = 0, epoch = 0;
    for (size_t e = 0; e < c->n_events; e++) {
        int64_t step = c->event_step[e];
        double wall_time = c->event_wall[e];
        size_t end = entry + c->event_entries[e];
        while (epoch < c->n_starts && c->starts[epoch].entry <= entry)
            epoch++;
        if (c->thresholds != NULL && leat_is_superseded(&c->thresholds[epoch], step)) {
            entry = end;
            continue;
        }
        for (; entry < end; entry++) {
            uint64_t position = next_position(m, c, entry);
            if (times) {
                m->step[position] = step;
                m->wall_time[position] = wall_time;
            }
            if (values)
                put_value(m, c, entry, position);
        }
    }
}

/* A chunk's columns are larger than what it adds to the run's: they go as those fill. */
static leat_status scatter_chunk(void *argument, size_t turn, unsigned worker)
{
    leat_merge *m = argument;
    leat_chunk *c = &m->chunks[turn];
    (void)worker;
    fill(m, c, true, true);
    free_values(c);
    free_events(c);
    return LEAT_OK;
}

/* Makes `first` what it was before the columns were filled. */
static void rewind_series(leat_merge *m)
{
    for (size_t i = 0; i < m->n_series; i++)
        m->series[i].first -= m->series[i].n;
}

/* Where there are nearly as many series as points, these are scattered in turns of less memory: the values first, so that the
 * chunks' go before the other columns fill. */
static void scatter_in_turns(leat_merge *m)
{
    for (size_t k = 0; k < m->n_chunks; k++)
        fill(m, &m->chunks[k], false, true);
    for (size_t k = 0; k < m->n_chunks; k++)
        free_values(&m->chunks[k]);
    rewind_series(m);
    for (size_t i = 0; i < m->state->run.n_series; i++)
        m->series[m->old_series[i]].first += count_old(m, i);
    for (size_t k = 0; k < m->n_chunks; k++) {
        fill(m, &m->chunks[k], true, false);
        free_events(&m->chunks[k]);
    }
}

/* While the columns fill, a series' `first` is where its next point goes. */
leat_status leat_merge_columns(leat_merge *m)
{
    LEAT_TRY(count_points(m));
    lay_out(m);
    bool sparse = m->n_points / POINTS_A_SERIES < m->n_series;
    bool parallel = !sparse && m->threads > 1 && m->n_chunks > 1 && m->n_points >= PARALLEL_POINTS;
    if (!parallel)
        free_counts(m);
    LEAT_TRY(allocate(m));
    copy_old(m);
    if (parallel)
        LEAT_TRY(place_chunks(m));
    if (sparse)
        scatter_in_turns(m);
    else
        LEAT_TRY(leat_parallel(m->n_chunks, parallel ? m->threads : 1, scatter_chunk, m));
    rewind_series(m);
    return LEAT_OK;
}
