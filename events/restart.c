#include "config.h"
#include "merge-private.h"

/* ---- by SessionLog START ---- */

static leat_status add_restart(leat_merge *m, const leat_chunk_start *start)
{
    LEAT_TRY(leat_grow(&m->restarts, &m->restarts_capacity, m->n_restarts + 1, sizeof *m->restarts));
    m->restarts[m->n_restarts++] = (leat_restart){.step = start->step, .wall_time = start->wall_time};
    return LEAT_OK;
}

/* Which rule holds for the run. A file without its first record has most likely lost the version with it, and is one
 * of today's. */
static void choose_rule(leat_merge *m)
{
    leat_run_state *s = m->state;
    for (size_t k = 0; k < m->n_chunks && s->file_version == 0; k++)
        s->file_version = m->chunks[k].file_version;
    if (s->file_version == 0 && m->chunks[0].file == 0 && m->chunks[0].headless)
        s->file_version = 2;
    m->by_start = m->mode == LEAT_RESTARTS_BY_START && s->file_version >= 2;
    m->by_step = m->mode == LEAT_RESTARTS_BY_STEP || (m->mode == LEAT_RESTARTS_BY_START && !m->by_start);
}

/* Which STARTs come behind the run's first; a chunk's n_starts is cut down to them. */
static leat_status list_restarts(leat_merge *m)
{
    for (size_t k = 0; k < m->n_chunks; k++) {
        leat_chunk *c = &m->chunks[k];
        size_t kept = 0;
        for (size_t i = 0; i < c->n_starts; i++) {
            if (m->state->has_start) {
                LEAT_TRY(add_restart(m, &c->starts[i]));
                if (m->by_start)
                    c->starts[kept++] = c->starts[i];
            }
            m->state->has_start = true;
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
        c->counts[i] = 0;
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
            c->counts[c->entry_series[entry]] += !dropped;
    }
}

leat_status leat_merge_restarts(leat_merge *m)
{
    m->old_threshold.step = LEAT_NO_THRESHOLD;
    choose_rule(m);
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

static void move_points(leat_merge *m, uint64_t to, uint64_t from, uint64_t n)
{
    memmove(m->step + to, m->step + from, n * sizeof *m->step);
    memmove(m->wall_time + to, m->wall_time + from, n * sizeof *m->wall_time);
    if (to < m->n_numbers)
        memmove(m->value + to, m->value + from, n * sizeof *m->value);
    else
        memmove(m->blob + (to - m->n_numbers), m->blob + (from - m->n_numbers), n * sizeof *m->blob);
}

/* A step that is smaller than the one before is a restart; a point goes where a restart behind it has its step or a
 * smaller one. From the last point to the first, those that stay gather at the end. */
static void drop_of_series(leat_merge *m, leat_series *s)
{
    const uint64_t begin = s->first, end = begin + s->n;
    uint64_t to = end;
    int64_t least = 0; /* of the restarts behind */
    bool restarted = false;
    for (uint64_t from = end; from-- > begin;) {
        int64_t step = m->step[from];
        bool dropped = restarted && step >= least;
        if (from > begin && step < m->step[from - 1]) {
            least = restarted ? LEAT_MIN(least, step) : step;
            restarted = true;
        }
        if (!dropped && --to != from)
            move_points(m, to, from, 1);
    }
    if (to != begin)
        move_points(m, begin, to, end - to);
    m->dropped += to - begin;
    s->n = end - to;
}

void leat_merge_drop_by_step(leat_merge *m)
{
    for (size_t i = 0; i < m->n_series && m->by_step; i++)
        drop_of_series(m, &m->series[i]);
}
