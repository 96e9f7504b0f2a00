#include "config.h"
#include "merge-private.h"
#include "parallel-private.h"

/* Below so many points, or points of a series, one thread is faster, or saves memory. */
#define PARALLEL_POINTS 50000
#define PARALLEL_POINTS_A_SERIES 16

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

static void lay_out(leat_merge *m)
{
    for (size_t i = 0; i < m->n_series; i++)
        m->series[i].n = 0;
    for (size_t i = 0; i < m->state->run.n_series; i++)
        m->series[m->old_series[i]].n += count_old(m, i);
    for (size_t k = 0; k < m->n_chunks; k++)
        for (size_t i = 0; i < m->chunks[k].n_series; i++)
            m->series[m->chunks[k].series[i].run_series].n += m->chunks[k].series[i].count;
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
    m->fill = leat_realloc_array(NULL, m->n_series, sizeof *m->fill);
    if (m->step == NULL || m->wall_time == NULL || m->value == NULL || m->blob == NULL || m->fill == NULL)
        return leat_fail_memory(n * 24);
    return LEAT_OK;
}

static void copy_old(leat_merge *m)
{
    const leat_log_run *run = &m->state->run;
    for (size_t i = 0; i < run->n_series; i++) {
        const leat_series *s = &run->series[i];
        uint64_t *to = &m->fill[m->old_series[i]];
        for (uint64_t from = s->first; from < s->first + s->n; from++) {
            if (leat_is_superseded(&m->old_threshold, run->step[from]))
                continue;
            m->step[*to] = run->step[from];
            m->wall_time[*to] = run->wall_time[from];
            if (s->has_numbers)
                m->value[*to] = run->value[from];
            else
                m->blob[*to - m->n_numbers] = run->blob[from - run->n_numbers];
            ++*to;
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
            leat_chunk_series *s = &c->series[i];
            if (seen[s->run_series].chunk != k + 1) {
                seen[s->run_series].chunk = (uint32_t)k + 1;
                seen[s->run_series].series = (uint32_t)i;
                c->cursors[i] = m->fill[s->run_series];
            }
            s->cursor = seen[s->run_series].series;
            m->fill[s->run_series] += s->count;
        }
    }
    leat_free(seen);
    return status;
}

/* A chunk's columns are larger than what it adds to the run's: they go as those fill. */
static void free_columns(leat_chunk *c)
{
    leat_free(c->event_step);
    leat_free(c->event_wall);
    leat_free(c->event_entries);
    leat_free(c->entry_series);
    leat_free(c->entry_value);
    leat_free(c->blobs);
    c->event_step = NULL;
    c->event_wall = c->entry_value = NULL;
    c->event_entries = c->entry_series = NULL;
    c->blobs = NULL;
}

static leat_status scatter_chunk(void *argument, size_t turn, unsigned worker)
{
    leat_merge *m = argument;
    leat_chunk *c = &m->chunks[turn];
    size_t entry = 0, epoch = 0;
    (void)worker;
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
            const leat_chunk_series *s = &c->series[c->entry_series[entry]];
            uint64_t position = c->cursors != NULL ? c->cursors[s->cursor]++ : m->fill[s->run_series]++;
            m->step[position] = step;
            m->wall_time[position] = wall_time;
            if (position < m->n_numbers)
                m->value[position] = c->entry_value[entry];
            else
                m->blob[position - m->n_numbers] = c->blobs[(size_t)c->entry_value[entry]];
        }
    }
    free_columns(c);
    return LEAT_OK;
}

leat_status leat_merge_columns(leat_merge *m)
{
    lay_out(m);
    LEAT_TRY(allocate(m));
    for (size_t i = 0; i < m->n_series; i++)
        m->fill[i] = m->series[i].first;
    copy_old(m);
    bool parallel = m->threads > 1 && m->n_chunks > 1 && m->n_points >= PARALLEL_POINTS &&
                    m->n_points / PARALLEL_POINTS_A_SERIES >= m->n_series;
    if (parallel)
        LEAT_TRY(place_chunks(m));
    return leat_parallel(m->n_chunks, parallel ? m->threads : 1, scatter_chunk, m);
}
