#include "config.h"
#include "merge-private.h"

#include <stdlib.h>

/* ---- by SessionLog START ---- */

static leat_status add_restart(leat_merge *m, const leat_chunk_start *start)
{
    LEAT_TRY(leat_grow(&m->restarts, &m->restarts_capacity, m->n_restarts + 1, sizeof *m->restarts));
    m->restarts[m->n_restarts++] = (leat_restart){.step = start->step, .wall_time = start->wall_time};
    return LEAT_OK;
}

/* The version that the file of chunk k, its first, states in whichever of its chunks: what is read must not depend on
 * the parts. 0 if it states none; then that of the file before holds. */
static int32_t version_of_file(const leat_merge *m, size_t k)
{
    uint32_t file = m->chunks[k].file;
    int32_t version = 0;
    for (; version == 0 && k < m->n_chunks && m->chunks[k].file == file; k++)
        version = m->chunks[k].file_version;
    return version;
}

/* In reading order: which rule holds for each chunk, and which STARTs come behind the run's first. A chunk's
 * n_starts is cut down to the latter. */
static leat_status list_restarts(leat_merge *m)
{
    leat_run_state *s = m->state;
    bool has_summary = s->has_summary;
    int64_t last_step = s->last_step;
    for (size_t k = 0; k < m->n_chunks; k++) {
        leat_chunk *c = &m->chunks[k];
        int32_t version = k == 0 || c->file != c[-1].file ? version_of_file(m, k) : 0;
        if (version > 0)
            s->file_version = version;
        bool by_start = m->mode == LEAT_RESTARTS_BY_START && s->file_version >= 2;
        c->by_step = m->mode == LEAT_RESTARTS_BY_STEP || (m->mode == LEAT_RESTARTS_BY_START && !by_start);
        c->first_is_backward = c->by_step && has_summary && c->first_has_entries && c->first_step < last_step;
        if (c->has_summary) {
            has_summary = true;
            last_step = c->last_step;
        }
        m->any_by_step |= c->first_is_backward || (c->by_step && c->n_backward > 0);
        size_t kept = 0;
        for (size_t i = 0; i < c->n_starts; i++) {
            if (s->has_start) {
                LEAT_TRY(add_restart(m, &c->starts[i]));
                if (by_start)
                    c->starts[kept++] = c->starts[i];
            }
            s->has_start = true;
        }
        c->n_starts = kept;
        m->drops |= kept > 0;
    }
    return LEAT_OK;
}

/* From the last chunk to the first: the smallest step of the STARTs behind each place. */
static leat_status set_thresholds(leat_merge *m)
{
    leat_threshold t = {.step = LEAT_NO_THRESHOLD};
    size_t restart = m->n_restarts;
    for (size_t k = m->n_chunks; k-- > 0;) {
        leat_chunk *c = &m->chunks[k];
        if (t.step != LEAT_NO_THRESHOLD || c->n_starts > 0) {
            c->thresholds = leat_realloc_array(NULL, c->n_starts + 1, sizeof *c->thresholds);
            if (c->thresholds == NULL)
                return leat_fail_memory((c->n_starts + 1) * sizeof *c->thresholds);
            c->thresholds[c->n_starts] = t;
        }
        for (size_t i = c->n_starts; i-- > 0;) {
            restart--;
            if (c->starts[i].step <= t.step)
                t = (leat_threshold){c->starts[i].step, (uint32_t)restart};
            c->thresholds[i] = t;
        }
    }
    m->old_threshold = t;
    return LEAT_OK;
}

static void count_kept(leat_merge *m, leat_chunk *c)
{
    for (size_t i = 0; i < c->n_series; i++)
        c->series[i].count = 0;
    size_t entry = 0, epoch = 0;
    for (size_t e = 0; e < c->n_events; e++) {
        while (epoch < c->n_starts && c->starts[epoch].entry <= entry)
            epoch++;
        const leat_threshold *t = &c->thresholds[epoch];
        bool dropped = leat_is_superseded(t, c->event_step[e]);
        if (dropped) {
            m->restarts[t->restart].dropped += c->event_entries[e];
            m->dropped += c->event_entries[e];
        }
        for (size_t i = 0; i < c->event_entries[e]; i++, entry++)
            c->series[c->entry_series[entry]].count += !dropped;
    }
}

leat_status leat_merge_restarts(leat_merge *m)
{
    m->old_threshold.step = LEAT_NO_THRESHOLD;
    LEAT_TRY(list_restarts(m));
    if (!m->drops)
        return LEAT_OK;
    LEAT_TRY(set_thresholds(m));
    for (size_t k = 0; k < m->n_chunks; k++)
        if (m->chunks[k].thresholds != NULL)
            count_kept(m, &m->chunks[k]);
    const leat_log_run *run = &m->state->run;
    for (size_t i = 0; i < run->n_series && m->old_threshold.step != LEAT_NO_THRESHOLD; i++)
        for (uint64_t at = run->series[i].first; at < run->series[i].first + run->series[i].n; at++)
            if (leat_is_superseded(&m->old_threshold, run->step[at])) {
                m->restarts[m->old_threshold.restart].dropped++;
                m->dropped++;
            }
    return LEAT_OK;
}

/* ---- by step ---- */

static int by_position(const void *a, const void *b)
{
    const leat_step_mark *x = a, *y = b;
    if (x->series != y->series)
        return x->series < y->series ? -1 : 1;
    return (x->position > y->position) - (x->position < y->position);
}

static void move_point(leat_merge *m, uint64_t to, uint64_t from)
{
    m->step[to] = m->step[from];
    m->wall_time[to] = m->wall_time[from];
    if (to < m->n_numbers)
        m->value[to] = m->value[from];
    else
        m->blob[to - m->n_numbers] = m->blob[from - m->n_numbers];
}

/* The marks of one series, in order: a point goes where a mark behind it has its step or a smaller one. */
static void drop_of_series(leat_merge *m, leat_series *s, leat_step_mark *marks, size_t n)
{
    for (size_t i = n - 1; i-- > 0;)
        marks[i].step = LEAT_MIN(marks[i].step, marks[i + 1].step);
    uint64_t to = s->first, end = s->first + s->n;
    size_t mark = 0;
    for (uint64_t from = s->first; from < end; from++) {
        while (mark < n && marks[mark].position <= from)
            mark++;
        if (mark < n && m->step[from] >= marks[mark].step) {
            m->dropped++;
            continue;
        }
        if (to != from)
            move_point(m, to, from);
        to++;
    }
    s->n = to - s->first;
}

leat_status leat_merge_drop_by_step(leat_merge *m)
{
    size_t n = 0;
    for (size_t k = 0; k < m->n_chunks; k++)
        n += m->chunks[k].n_marks;
    if (n == 0)
        return LEAT_OK;
    leat_step_mark *marks = leat_realloc_array(NULL, n, sizeof *marks);
    if (marks == NULL)
        return leat_fail_memory(n * sizeof *marks);
    n = 0;
    for (size_t k = 0; k < m->n_chunks; k++)
        for (size_t i = 0; i < m->chunks[k].n_marks; i++)
            marks[n++] = m->chunks[k].marks[i];
    qsort(marks, n, sizeof *marks, by_position);
    for (size_t i = 0, end; i < n; i = end) {
        for (end = i + 1; end < n && marks[end].series == marks[i].series;)
            end++;
        drop_of_series(m, &m->series[marks[i].series], marks + i, end - i);
    }
    leat_free(marks);
    return LEAT_OK;
}
